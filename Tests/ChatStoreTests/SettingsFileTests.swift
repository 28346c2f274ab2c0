import ChatCore
import Testing

@testable import ChatStore

@Test func `settings are read by their names`() throws {
  let text = """
    {"host": "::1", "port": 0, "control": "/run/chat.sock", "fsync": "always", "line_bytes": 100, "guests": false}
    """
  let (file, errors) = SettingsFile.read(Array(text.utf8), file: "settings.json")
  var settings = Settings()
  settings.lineBytes = 100
  settings.guests = false
  #expect(errors == [])
  #expect(file.settings == settings)
  #expect(file.host == "::1")
  #expect(file.port == 0)
  #expect(file.control == "/run/chat.sock")
  #expect(file.fsync == .always)
}

@Test func `a written file reads back`() {
  var file = SettingsFile()
  file.host = "127.0.0.1"
  file.port = 7777
  file.control = "data/control.sock"
  file.fsync = .no
  for (number, bound) in Settings.bounds.enumerated() { file.settings[keyPath: bound.path] = number }
  for flag in Settings.switches { file.settings[keyPath: flag.path] = false }
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
  ("{\"host\": \"\"}", "1: \"host\" must be a string in quotation marks"),
  ("{\"fsync\": \"sometimes\"}", "1: \"fsync\" must be \"always\", \"everysec\" or \"no\""),
])
func `errors in settings.json have their line`(text: String, error: String) {
  let found = SettingsFile.read(Array(text.utf8), file: "data/settings.json").1
  #expect(found.map(\.description) == ["data/settings.json:\(error)"])
}
