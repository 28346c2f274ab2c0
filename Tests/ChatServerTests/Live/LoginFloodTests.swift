import ChatProtocol
import Testing

@testable import ChatServer

/// Many password checks at once, and their effect on others.
@Suite struct LoginFloodTests {
  private static let settings = #"""
    {"commands_per_second":0,"sessions_per_address":0,"connections_per_minute":0,"failed_logins_per_minute":\#(bound),"pending_hashes":1000}
    """#
  private static let bound = 1000

  private static let users = "name,password\nalice,plain:correct-horse\nbob,plain:correct-horse\n"

  @Test func `users chat while a thousand logins wait`() throws {
    let server = try LiveServer(settings: Self.settings, files: ["users.csv": Self.users])
    let speaker = try server.guest("speaker")
    let listener = try server.guest("listener")
    let control = try server.connectControl()
    let guessers = try (0..<1000).map { _ in try server.connect() }
    for (number, guesser) in guessers.enumerated() { try guesser.send("/login user\(number) guess-guess\n") }
    // Most of the logins are waiting now.
    while try control.status().pendingHashes < 800 {}
    for number in 0..<100 {
      try speaker.send("word \(number).\n")
      #expect(try listener.read(until: "speaker: ").last == "[lobby] speaker: word \(number).")
    }
    #expect(try control.status().pendingHashes > 0)
    // A waiting login is answered in the end.
    #expect(try guessers[0].read(until: "error").last?.contains("wrong-password") == true)
    withExtendedLifetime(guessers) {}
  }

  @Test func `wrong passwords from one address first block one account, then all accounts`() throws {
    let server = try LiveServer(settings: #"{"failed_logins_per_minute":4}"#, files: ["users.csv": Self.users])
    let (guesser, bob) = (try server.connect(), try server.connect())
    try guesser.send(String(repeating: "/login alice guess-guess\n", count: 3))
    try guesser.finishSending()
    #expect(try guesser.readToEnd().errors == ["wrong-password", "wrong-password", "too-many-attempts"])
    try bob.send("/login bob correct-horse\n")
    try bob.read(until: "ok login")
    let other = try server.connect()
    try other.send("/login carol guess-guess\n/login dave guess-guess\n/login bob correct-horse\n")
    try other.finishSending()
    #expect(try other.readToEnd().errors == ["wrong-password", "wrong-password", "too-many-attempts"])
    try bob.send("still here\n/ping here\n")
    try bob.read(until: "ok ping here")
  }

  @Test func `over the limit of waiting passwords, a login is rejected as busy`() throws {
    let server = try LiveServer(settings: #"{"pending_hashes":1,"commands_per_second":0}"#)
    let witness = try server.guest("witness")
    let clients = try (0..<20).map { _ in try server.connect() }
    for (number, client) in clients.enumerated() {
      try client.send("/register user\(number) correct-horse\n/ping end\n")
    }
    let answers = try clients.map { try $0.read(until: "ok ping end") }
    let busy = answers.filter { $0.errors == ["busy"] }.count
    let registered = answers.filter { $0.contains { $0.hasPrefix("ok register") } }.count
    #expect(busy > 0 && registered > 0 && busy + registered == 20)
    try witness.send("/ping here\n")
    try witness.read(until: "ok ping here")
  }

  @Test func `an address may register a limited number of accounts per minute`() throws {
    let server = try LiveServer(settings: #"{"registrations_per_minute":3,"commands_per_second":0}"#)
    let clients = try (0..<6).map { _ in try server.connect() }
    let witness = try server.guest("witness")
    for (number, client) in clients.enumerated() {
      try client.send("/register user\(number) correct-horse\n/ping end\n")
    }
    let answers = try clients.map { try $0.read(until: "ok ping end") }
    #expect(answers.filter { $0.errors == ["too-many-registrations"] }.count == 3)
    #expect(answers.filter { $0.contains { $0.hasPrefix("ok register") } }.count == 3)
    try witness.send("/ping here\n")
    try witness.read(until: "ok ping here")
  }
}

extension [String] {
  /// The codes of the errors among lines of the text dialect.
  var errors: [String] {
    filter { $0.hasPrefix("error ") }.map { String($0.dropFirst("error ".count).prefix { $0 != ":" }) }
  }
}
