import Testing

@testable import Terminal

@Suite struct ArgumentsTests {
  enum Sync: String, CaseIterable { case always, everysec, no }

  static let server: [Option] = [
    .value("data", "DIR"), .value("host", "ADDRESS"), .value("port", "N"), .value("control", "PATH"),
    .value("fsync", "always|everysec|no"), .flag("check"), .flag("settings"), .flag("version"), .flag("help"),
  ]
  static let admin: [Option] = [
    .value("data", "DIR"), .value("control", "PATH"), .flag("json"), .flag("open"), .value("reason", "TEXT"),
  ]

  @Test func `no arguments give nothing`() throws {
    let arguments = try Arguments(parsing: [], options: Self.server)
    #expect(arguments.positionals.isEmpty)
    #expect(arguments.given.isEmpty)
    #expect(arguments.value("data") == nil)
    #expect(!arguments.flag("check"))
    #expect(try arguments.integer("port", in: 0...65535) == nil)
    #expect(try arguments.choice("fsync", of: Sync.self) == nil)
  }

  @Test(
    arguments: [
      ("[::1]:7000", "[::1]", 7000), ("[::1]", "[::1]", nil), ("::1", "::1", nil),
      ("fe80::1%eth0", "fe80::1%eth0", nil),
      ("127.0.0.1:7000", "127.0.0.1", 7000), ("chat.example.org", "chat.example.org", nil),
      ("localhost:0", "localhost", 0),
    ] as [(String, String, Int?)])
  func `a host is read as programs print it, with its port or without`(text: String, host: String, port: Int?) throws {
    let arguments = try Arguments(parsing: ["--host", text], options: Self.server)
    let address = try arguments.address(ports: 0...65535)
    #expect(address.host == host && address.port == port)
    let both = try Arguments(parsing: ["--host", text, "--port", "\(port ?? 7)"], options: Self.server)
    #expect(try both.address(ports: 0...65535).port == port ?? 7)
  }

  @Test(arguments: [
    "", ":7000", "[::1", "[::1]7000", "[::1]:", "localhost:", "localhost:x", "localhost:65536", "[::1]:-1",
  ])
  func `an invalid host is rejected`(text: String) throws {
    let arguments = try Arguments(parsing: ["--host", text], options: Self.server)
    #expect(throws: UsageError.self) { try arguments.address(ports: 0...65535) }
  }

  @Test func `a second port is rejected`() throws {
    let arguments = try Arguments(parsing: ["--host", "[::1]:1", "--port", "2"], options: Self.server)
    #expect(throws: UsageError.other("--host and --port name two ports; give one of them")) {
      try arguments.address(ports: 0...65535)
    }
  }

  @Test(arguments: [
    ["--data", "d", "--port", "0", "--fsync", "always", "--check"],
    ["--data=d", "--port=0", "--fsync=always", "--check"],
    ["--check", "--port", "7777", "--data", "other", "--fsync=no", "--data", "d", "--port=0", "--fsync", "always"],
  ])
  func `options are read in both spellings and the last wins`(list: [String]) throws {
    let arguments = try Arguments(parsing: list, options: Self.server)
    #expect(arguments.value("data") == "d")
    #expect(try arguments.integer("port", in: 0...65535) == 0)
    #expect(try arguments.choice("fsync", of: Sync.self) == .always)
    #expect(arguments.flag("check"))
    #expect(!arguments.flag("help"))
    #expect(arguments.positionals.isEmpty)
  }

  @Test(arguments: [
    ["--json", "--data", "d", "users", "kick", "alice", "--reason", "spam spam"],
    ["users", "--json", "kick", "--reason=spam spam", "alice", "--data=d"],
    ["users", "kick", "--data=d", "--reason", "spam spam", "--json", "--", "alice"],
  ])
  func `options may come before, between or after positionals`(list: [String]) throws {
    let arguments = try Arguments(parsing: list, options: Self.admin)
    #expect(arguments.positionals == ["users", "kick", "alice"])
    #expect(arguments.flag("json"))
    #expect(arguments.value("data") == "d")
    #expect(arguments.value("reason") == "spam spam")
    #expect(Set(arguments.given) == ["json", "data", "reason"])
  }

  @Test func `two dashes end the options and one is a positional`() throws {
    let arguments = try Arguments(parsing: ["-", "--", "--json", "--", "-x"], options: Self.admin)
    #expect(arguments.positionals == ["-", "--json", "--", "-x"])
    #expect(!arguments.flag("json"))
  }

  @Test func `a value may be empty, hold equals signs or begin with a dash`() throws {
    let arguments = try Arguments(parsing: ["--data=", "--control=a=b", "--reason", "-1"], options: Self.admin)
    #expect(arguments.value("data") == "")
    #expect(arguments.value("control") == "a=b")
    #expect(arguments.value("reason") == "-1")
    #expect(try Arguments(parsing: ["--reason=--x"], options: Self.admin).value("reason") == "--x")
  }

  @Test(
    arguments: [
      (
        ["--hots", "::1"], .unknownOption("--hots", nearest: "host"),
        "unknown option --hots; did you mean --host? See --help"
      ),
      (
        ["-port", "1"], .unknownOption("-port", nearest: "port"),
        "unknown option -port; did you mean --port? See --help"
      ),
      (
        ["--PORT=1"], .unknownOption("--PORT", nearest: "port"),
        "unknown option --PORT; did you mean --port? See --help"
      ),
      (
        ["--vers"], .unknownOption("--vers", nearest: "version"),
        "unknown option --vers; did you mean --version? See --help"
      ),
      (["-x"], .unknownOption("-x", nearest: nil), "unknown option -x; see --help"),
      (["--=1"], .unknownOption("--", nearest: nil), "unknown option --; see --help"),
      (["--\u{1B}[0m"], .unknownOption("--\u{1B}[0m", nearest: nil), "unknown option --\u{FFFD}[0m; see --help"),
      (["--data"], .missingValue(option: "data", placeholder: "DIR"), "--data needs a value: --data DIR; see --help"),
      (
        ["--port", "--check"], .missingValue(option: "port", placeholder: "N"),
        "--port needs a value: --port N; see --help"
      ),
      (
        ["--port", "--"], .missingValue(option: "port", placeholder: "N"), "--port needs a value: --port N; see --help"
      ),
      (["--check=yes"], .valueForFlag(option: "check"), "--check takes no value; see --help"),
    ] as [([String], UsageError, String)])
  func `an invalid argument is reported with advice`(list: [String], error: UsageError, text: String) {
    #expect(throws: error) { try Arguments(parsing: list, options: Self.server) }
    #expect(error.description == text)
  }

  @Test(arguments: ["", "x", "65536", "-1", "1.5", "99999999999999999999", " 1"])
  func `a port is a number in its range`(text: String) throws {
    let arguments = try Arguments(parsing: ["--port=\(text)"], options: Self.server)
    let expected = UsageError.invalidValue(text, option: "port", expected: "a number from 0 to 65535", nearest: nil)
    #expect(throws: expected) { try arguments.integer("port", in: 0...65535) }
    #expect(expected.description == "invalid value '\(text)' for --port, expected a number from 0 to 65535; see --help")
  }

  @Test func `a choice is one of its words`() throws {
    let arguments = try Arguments(parsing: ["--fsync", "allways"], options: Self.server)
    let error = #expect(throws: UsageError.self) { try arguments.choice("fsync", of: Sync.self) }
    #expect(
      error?.description
        == "invalid value 'allways' for --fsync, expected always, everysec, no; did you mean always? See --help")
  }

  @Test func `more positionals than names are rejected`() throws {
    let arguments = try Arguments(parsing: ["users", "kick"], options: Self.admin)
    #expect(throws: Never.self) { try arguments.requirePositionals("NOUN", "VERB") }
    #expect(throws: UsageError.missingArgument("USER")) { try arguments.requirePositionals("NOUN", "VERB", "USER") }
    #expect(throws: UsageError.unexpectedArgument("kick")) { try arguments.requirePositionals("NOUN") }
  }

  @Test func `an option of another command is rejected`() throws {
    let arguments = try Arguments(parsing: ["users", "list", "--json", "--open"], options: Self.admin)
    #expect(throws: Never.self) { try arguments.requireOptions(["json", "open"], of: "rooms create") }
    let expected = UsageError.misplacedOption("open", command: "users list")
    #expect(throws: expected) { try arguments.requireOptions(["json"], of: "users list") }
    #expect(expected.description == "--open does not apply to users list; see --help")
  }
}
