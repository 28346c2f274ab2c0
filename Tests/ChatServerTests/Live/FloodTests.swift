import TestSupport
import Testing

@testable import ChatServer

/// Clients that exceed the rate limits.
@Suite struct FloodTests {
  @Test func `a flood of commands is slowed but answered in order`() throws {
    let server = try LiveServer(settings: #"{"commands_per_second":100,"commands_burst":5}"#)
    let client = try server.connect()
    try client.send((0..<40).map { "/ping \($0)\n" }.joined())
    try client.finishSending()
    let pongs = try client.readToEnd().filter { $0.hasPrefix("ok ping") }
    #expect(pongs == (0..<40).map { "ok ping \($0)" })
  }

  @Test func `a burst is answered at once, more at the rate, and a lasting flood is closed with the reason`() throws {
    var timeouts = Timeouts()
    timeouts.flood = .milliseconds(50)
    let server = try LiveServer(
      settings: #"{"commands_per_second":100,"commands_burst":50}"#, timeouts: timeouts)
    let other = try server.guest("other")
    let flooder = try server.guest("flooder")
    try flooder.send((0..<10_000).map { "/ping \($0)\n" }.joined())
    try other.read(until: "flooder left")
    try other.ping()
    let lines = try flooder.readToEnd()
    let pongs = lines.filter { $0.hasPrefix("ok ping") }
    // The burst and some further commands were answered, but not all.
    #expect(pongs == (0..<pongs.count).map { "ok ping \($0)" })
    #expect(pongs.count >= 49 && pongs.count < 10_000)
    #expect(lines.last?.contains("more than 100 commands a second for too long") == true)
    #expect(try server.text("chat.log").contains("text=\"flood\""))
  }

  @Test func `while floods fill the limit of unread bytes, others are served, and nothing is lost`()
    throws
  {
    let server = try LiveServer(settings: #"{"commands_per_second":2000,"commands_burst":10,"unread_bytes":10000}"#)
    let flooders = try (0..<5).map { _ in try server.connect() }
    for flooder in flooders {
      try flooder.send((0..<1000).map { "/ping \($0).\(String(repeating: "x", count: 50))\n" }.joined())
      try flooder.finishSending()
    }
    let other = try server.guest("other")
    try other.ping()
    for flooder in flooders {
      #expect(try flooder.readToEnd().filter { $0.hasPrefix("ok ping") }.count == 1000)
    }
    try other.ping()
  }

  @Test func `a message is sent in the turn in which it arrived, however many commands others send`() throws {
    let server = try SteppedServer(settings: #"{"sessions_per_address":0,"commands_per_second":0}"#)
    let askers = try (0..<50).map { _ in try server.connect() }
    let speaker = try server.guest("speaker")
    let listener = try server.guest("listener")
    // The first id needs a lease, which is synced before the message is sent.
    try speaker.send("first\n")
    try server.takeTurns(until: listener, hears: "first")
    // A reply acknowledges earlier data. Without it the kernel would delay the next line (Nagle).
    try speaker.send("/ping\n")
    try server.takeTurns(until: speaker, hears: "ok ping")
    for asker in askers { try asker.send(String(repeating: "/help\n", count: 100)) }
    try speaker.send("hello\n")
    try server.takeTurn()
    try #require(try listener.hasSomething())
    #expect(try listener.readLine() == "[lobby] speaker: hello")
    try server.stop()
  }

  @Test func `over the limit of connections each is rejected with one line, and one is accepted when another leaves`()
    throws
  {
    let server = try LiveServer(settings: #"{"sessions":2}"#)
    let first = try server.guest("first")
    var second: TestClient? = try server.guest("second")
    for _ in 0..<50 { #expect(try server.connect().readToEnd().map { $0.contains("full") } == [true]) }
    try first.ping()
    try second?.send("/quit\n")
    _ = try second?.readToEnd()
    second = nil
    try first.read(until: "second left")
    try server.connectWhenAccepted().ping()
  }

  @Test func `the limit of connections per address works the same way`() throws {
    let server = try LiveServer(settings: #"{"sessions_per_address":2}"#)
    let first = try server.guest("first")
    var second: TestClient? = try server.guest("second")
    for _ in 0..<50 {
      #expect(try server.connect().readToEnd().map { $0.contains("from your address") } == [true])
    }
    try first.ping()
    try second?.send("/quit\n")
    _ = try second?.readToEnd()
    second = nil
    try server.connectWhenAccepted().ping()
  }

  @Test func `many history requests at once are all answered, and others chat meanwhile`() throws {
    let server = try LiveServer(settings: #"{"commands_per_second":0}"#)
    let speaker = try server.guest("speaker")
    let listener = try server.guest("listener")
    try speaker.send((0..<300).map { "word \($0)\n" }.joined())
    try listener.read(until: "word 299")
    let readers = try (0..<40).map { try server.guest("reader\($0)") }
    for reader in readers {
      try reader.send(String(repeating: "/history 200\n/search word\n", count: 20) + "/ping end\n")
    }
    for number in 0..<20 {
      try speaker.send("more \(number).\n")
      #expect(try listener.read(until: "speaker: ").last?.hasSuffix("more \(number).") == true)
    }
    for reader in readers {
      let lines = try reader.read(until: "ok ping end")
      #expect(lines.count { $0.hasPrefix("ok history") || $0.hasPrefix("ok search") } == 40)
    }
  }

  @Test func `an address that connects too often gets the reason, and the log has it in one line`() throws {
    let server = try LiveServer(settings: #"{"connections_per_minute":5}"#)
    let first = try server.guest("first")
    let others = try (0..<4).map { _ in try server.connect() }
    for other in others { try other.read(until: "chat") }
    for _ in 0..<50 {
      #expect(try server.connect().readToEnd().map { $0.contains("5 connections a minute") } == [true])
    }
    try first.ping()
    let log = try server.text("chat.log")
    #expect(log.matches(of: /connect-refused address=127.0.0.1 bound=connections_per_minute/).count == 1)
    #expect(log.matches(of: /Z connect session/).count == 5)
  }

  @Test func `a client with costly requests waits, and others at the same address do not`() throws {
    // Five microseconds of work at once, then one per second: after the first long reply the quota needs minutes.
    let server = try LiveServer(
      settings: #"{"work_per_second":1,"commands_burst":1000,"guest_rooms_per_address":0}"#)
    let other = try server.guest("other")
    let rooms = (0..<300).map { "room-\($0)-of-a-long-name" }
    for room in rooms { try other.send("/create \(room) --open\n") }
    try other.read(until: rooms[299])
    let asker = try server.guest("asker", json: true)
    try asker.send(String(repeating: "/rooms\n", count: 3) + "/ping end\n")
    try asker.read(until: rooms[0])
    try other.ping()
    try other.ping("again")
    #expect(try !asker.hasSomething())
  }
}
