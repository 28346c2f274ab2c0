import ChatProtocol
import Terminal
import Testing

@testable import chat

private func parse(_ list: [String], isInteractive: Bool = true) throws(UsageError) -> ClientOptions.Request {
  try ClientOptions.parse(list, isInteractive: isInteractive)
}

@Test func `without options it connects to the local server`() throws {
  #expect(try parse([]) == .chat(ClientOptions()))
  let options = ClientOptions()
  #expect(options.host == "127.0.0.1")
  #expect(options.port == 7777)
}

@Test func `every option is parsed`() throws {
  let request = try parse(
    ["--host", "::1", "--port=7000", "--name", "alice", "--room", "ops", "--json", "--patience", "5"],
    isInteractive: false)
  var options = ClientOptions()
  options.host = "::1"
  options.port = 7000
  options.name = .name(Name("alice")!)
  options.room = Name("ops")!
  options.isJSON = true
  options.reconnectTimeoutSeconds = 5
  #expect(request == .chat(options))
}

private let digits = String(repeating: "ab", count: 32)
private let fingerprint = "SHA256:" + [String](repeating: "AB", count: 32).joined(separator: ":")

@Test(
  arguments: [
    ([], .unlessLoopback, nil), (["--tls"], .always, nil), (["--no-tls"], .never, nil),
    (["--fingerprint", digits], .always, fingerprint),
    (["--tls", "--fingerprint=\(fingerprint)"], .always, fingerprint),
  ] as [([String], ServerEndpoint.Encryption, String?)])
func `only --no-tls turns encryption off`(list: [String], encryption: ServerEndpoint.Encryption, pin: String?) throws {
  var options = ClientOptions()
  options.encryption = encryption
  options.fingerprint = pin
  #expect(try parse(list) == .chat(options))
}

@Test func `an account may be named by its e-mail address`() throws {
  var options = ClientOptions()
  options.name = .email(EmailAddress("alice@example.org")!)
  #expect(try parse(["--name", "alice@example.org"]) == .chat(options))
}

@Test(arguments: [["--help"], ["--version", "--help"], ["--name", "alice", "--help"]])
func `help is shown whatever the other arguments`(list: [String]) throws {
  #expect(try parse(list, isInteractive: false) == .help)
}

@Test func `the version needs no name`() throws {
  #expect(try parse(["--version"], isInteractive: false) == .version)
}

@Test(
  arguments: [
    (["--hots", "x"], "unknown option --hots; did you mean --host? See --help"),
    (["--host", ""], "invalid value '' for --host, expected ADDRESS or ADDRESS:PORT; see --help"),
    (["--port", "0"], "invalid value '0' for --port, expected a number from 1 to 65535; see --help"),
    (["--patience", "-1"], "invalid value '-1' for --patience, expected a number from 0 to 86400; see --help"),
    (["--port", "chat"], "invalid value 'chat' for --port, expected a number from 1 to 65535; see --help"),
    (
      ["--name", "al ice"],
      "invalid value 'al ice' for --name, expected \(Name.rule), or an account's e-mail address; see --help"
    ),
    (["--room", "#ops"], "invalid value '#ops' for --room, expected \(Name.rule); see --help"),
    (["--room"], "--room needs a value: --room ROOM; see --help"),
    (["--tls", "--no-tls"], "--tls and --no-tls exclude each other; see --help"),
    (
      ["--no-tls", "--fingerprint", digits], "--fingerprint needs TLS, and --no-tls turns it off; see --help"
    ),
    (
      ["--fingerprint", "SHA256:ab"],
      "invalid value 'SHA256:ab' for --fingerprint, expected SHA256: and 64 hexadecimal digits, with or without "
        + "colons; see --help"
    ),
    (["alice"], "unexpected argument 'alice'; see --help"),
    (["--version", "extra"], "unexpected argument 'extra'; see --help"),
    (["--name", "alice", "--version"], "--name does not apply to --version; see --help"),
  ])
func `an invalid argument is reported with the valid ones`(list: [String], sentence: String) {
  let error = #expect(throws: UsageError.self) { try parse(list) }
  #expect(error?.description == sentence)
}

@Test func `a script needs a name`() {
  let error = #expect(throws: UsageError.self) { try parse(["--room", "ops"], isInteractive: false) }
  #expect(
    error?.description
      == "--name NAME is required if standard input is not a terminal; see --help")
}

@Test func `the help names every option, exit status and variable`() {
  for word in [
    "--host ADDRESS", "--port N", "--name NAME", "--room ROOM", "--json", "--tls", "--no-tls", "--fingerprint",
    "--patience SECONDS", "--help", "--version",
    "CHAT_PASSWORD",
    "NO_COLOR", "64", "65", "69", "74", "76", "77",
  ] {
    #expect(ClientHelp.usage.contains(word), "\(word)")
  }
  for line in ClientHelp.usage.split(separator: "\n") { #expect(line.count <= 80) }
}
