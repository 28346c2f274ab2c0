import ChatCore
import ChatProtocol
import Testing

@testable import ChatStore

@Test func `settings are read by their names`() throws {
  let text = """
    {"host": "::1", "port": 0, "control": "/run/chat.sock", "fsync": "always", "line_bytes": 100, "guests": false,
    "tls_certificate": "tls/chain.pem", "tls_key": "/etc/key.pem", "allow_plaintext": true,
    "proxies": ["192.0.2.7", "10.0.0.0/8", "::ffff:192.0.2.8"]}
    """
  let (file, errors) = SettingsFile.read(Array(text.utf8), file: "settings.json")
  var settings = Settings()
  settings.lineBytes = 100
  settings.guests = false
  settings.allowsPlaintext = true
  settings.proxies = ["192.0.2.7", "10.0.0.0/8", "192.0.2.8"].map { AddressBlock($0)! }
  #expect(errors == [])
  #expect(file.settings == settings)
  #expect(file.host == "::1")
  #expect(file.port == 0)
  #expect(file.control == "/run/chat.sock")
  #expect(file.fsync == .always)
  #expect(file.tlsCertificate == "tls/chain.pem")
  #expect(file.tlsKey == "/etc/key.pem")
}

@Test func `paths of the certificate are relative to the data folder`() throws {
  let text = #"{"tls_certificate": "tls/chain.pem", "tls_key": "/etc/key.pem"}"#
  let file = SettingsFile.read(Array(text.utf8), file: "settings.json").0
  let paths = try #require(file.certificateFiles(in: DataFolder("/var/lib/chat/")))
  #expect(paths.certificate == "/var/lib/chat/tls/chain.pem" && paths.key == "/etc/key.pem")
  for none in ["{}", #"{"tls_certificate": "", "tls_key": ""}"#] {
    let (file, errors) = SettingsFile.read(Array(none.utf8), file: "settings.json")
    #expect(errors == [] && file.certificateFiles(in: DataFolder("data")) == nil)
  }
}

@Test func `a written file reads back`() {
  var file = SettingsFile()
  file.host = "127.0.0.1"
  file.port = 7777
  file.control = "data/control.sock"
  file.fsync = .no
  (file.tlsCertificate, file.tlsKey) = ("chain.pem", "/etc/key.pem")
  for (number, bound) in Settings.bounds.enumerated() { file.settings[keyPath: bound.path] = number }
  for flag in Settings.switches { file.settings[keyPath: flag.path] = false }
  for list in Settings.networks { file.settings[keyPath: list.path] = [AddressBlock("2001:db8::/32")!] }
  for text in Settings.names { file.settings[keyPath: text.path] = "Café 7" }
  let (read, errors) = SettingsFile.read(file.write(), file: "settings.json")
  #expect(errors == [])
  #expect(read == file)
}

@Test func `every setting may be as high as documented, and no higher`() {
  for bound in Settings.bounds {
    func errors(_ number: Int) -> [String] {
      SettingsFile.read(Array("{\"\(bound.name)\": \(number)}".utf8), file: "settings.json").1.map(\.problem)
    }
    #expect(errors(bound.max) == [])
    for number in [bound.max + 1, .max] {
      #expect(errors(number) == ["\"\(bound.name)\" is too large; write \(bound.max) at most, or 0 for no bound"])
    }
  }
}

@Test(arguments: [
  ("[]", "1: the file must be a JSON object; it begins with { and ends with }"),
  ("{\n\"line_byte\": 1}", "2: the setting \"line_byte\" is unknown; did you mean \"line_bytes\"?"),
  ("{\"Port\": 1}", "1: the setting \"Port\" is unknown; did you mean \"port\"?"),
  ("{\"data\": \"x\"}", "1: the setting \"data\" is unknown; to see all settings: chat-server --settings"),
  ("{\n\n\"sessions\": -1}", "3: \"sessions\" must be a whole number from 0; 0 means no bound"),
  ("{\"sessions\": 1.5}", "1: \"sessions\" must be a whole number from 0; 0 means no bound"),
  ("{\"sessions\": \"9\"}", "1: \"sessions\" must be a whole number from 0; 0 means no bound"),
  ("{\"guests\": 1}", "1: \"guests\" must be true or false"),
  ("{\"port\": 65536}", "1: \"port\" must be a whole number from 0 to 65535; 0 means any free port"),
  ("{\"allow_plaintext\": \"yes\"}", "1: \"allow_plaintext\" must be true or false"),
  ("{\"tls_key\": 7}", "1: \"tls_key\" must be the path of a file, in quotation marks"),
  (
    "{\"tls_certificate\": \"a\",\n\"tls_key\": 7}",
    "2: \"tls_key\" must be the path of a file, in quotation marks"
  ),
  (
    "{\n\"tls_certificate\": \"a\"}",
    "2: \"tls_certificate\" needs \"tls_key\" too: the file with its private key"
  ),
  (
    "{\n\"tls_key\": \"a\",\n\"tls_certificate\": \"\"}",
    "2: \"tls_key\" needs \"tls_certificate\" too: the file with the certificate of this key"
  ),
  (
    "{\"proxies\": \"192.0.2.7\"}",
    "1: \"proxies\" must be an array of addresses, like [\"192.0.2.7\", \"10.0.0.0/8\"]"
  ),
  (
    "{\"proxies\": [\"192.0.2.7\",\n\"localhost\"]}",
    "2: an element of \"proxies\" must be an address or a network in quotation marks, like \"192.0.2.7\" or \"10.0.0.0/8\""
  ),
  (
    "{\"proxies\": [\n7]}",
    "2: an element of \"proxies\" must be an address or a network in quotation marks, like \"192.0.2.7\" or \"10.0.0.0/8\""
  ),
  (
    "{\"proxies\": [\"::1\",\n\n\"10.1.2.3/8\"]}",
    "3: \"10.1.2.3/8\" has bits set after its first 8; write 10.0.0.0/8 or 10.1.2.3"
  ),
  ("{\"server_name\": \" \"}", "1: \"server_name\" must be a text of 1 to 64 bytes in quotation marks"),
  ("{\"server_name\": \"a\\nb\"}", "1: \"server_name\" must be a text of 1 to 64 bytes in quotation marks"),
  ("{\"server_name\": 7}", "1: \"server_name\" must be a text of 1 to 64 bytes in quotation marks"),
  ("{\"proxie\": []}", "1: the setting \"proxie\" is unknown; did you mean \"proxies\"?"),
  ("{\"host\": \"\"}", "1: \"host\" must be a string in quotation marks"),
  ("{\"fsync\": \"sometimes\"}", "1: \"fsync\" must be \"always\", \"everysec\" or \"no\""),
])
func `errors in settings.json have their line`(text: String, error: String) {
  let found = SettingsFile.read(Array(text.utf8), file: "data/settings.json").1
  #expect(found.map(\.description) == ["data/settings.json:\(error)"])
}
