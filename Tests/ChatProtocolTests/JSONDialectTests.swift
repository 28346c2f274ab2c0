import JSON
import Testing

@testable import ChatProtocol

private let alice = EventExamples.alice
private let bob = EventExamples.bob
private let ops = EventExamples.ops

private func parsed(_ event: Event) throws -> JSONValue {
  try JSONValue(parsing: Array(Dialect.json.text(of: event).utf8))
}

private func keys(of event: Event) throws -> [String] { try parsed(event).members?.map(\.name) ?? [] }

@Test(arguments: EventExamples.all.flatMap { example in example.events.map { (example.heading, $0) } })
func `an event is one line, with its name and time first`(name: String, event: Event) throws {
  let line = Dialect.json.text(of: event)
  #expect(line.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1)
  #expect(line.utf8.last == UInt8(ascii: "\n"))
  #expect(try keys(of: event).prefix(2) == ["event", "time"])
  let value = try parsed(event)
  #expect(value["event"]?.string == name)
  #expect(value["time"]?.string == "2026-11-20T20:11:02.123Z")
}

@Test func `flags are written only where they are true`() throws {
  var message = RoomMessage(id: 7, room: ops, from: alice, text: "hi")
  let plain = ["event", "time", "id", "room", "from", "text"]
  #expect(try keys(of: .message(message)) == plain)
  message.isAction = true
  #expect(try keys(of: .message(message)) == plain + ["action"])
  message.isOwn = true
  #expect(try keys(of: .message(message)) == plain + ["action", "own"])
  message.isAction = false
  #expect(try keys(of: .message(message)) == plain + ["own"])
  #expect(try parsed(.message(message))["own"] == true)
}

@Test func `a member that is left out differs from null`() throws {
  let summary = RoomSummary(name: ops, topic: "", owner: nil, isLocked: false, members: 0)
  func info(created: Timestamp?, banned: [Name]?, muted: [Name]?) -> Event {
    .ok(
      Reply(
        "info",
        .info(RoomInfo(summary: summary, created: created, moderators: [], banned: banned, muted: muted))))
  }
  let told = ["event", "time", "command", "room", "topic", "owner", "locked", "members", "created", "moderators"]
  #expect(try keys(of: info(created: nil, banned: nil, muted: nil)) == told)
  #expect(try keys(of: info(created: nil, banned: [], muted: [bob])) == told + ["banned", "muted"])
  #expect(try parsed(info(created: nil, banned: nil, muted: nil))["owner"] == .null)
  #expect(try parsed(info(created: nil, banned: nil, muted: nil))["created"] == .null)
  #expect(try parsed(info(created: nil, banned: [], muted: [bob]))["muted"] == ["bob"])
}

@Test func `the largest numbers are written whole`() throws {
  let file = SharedFile(id: .max, room: ops, from: alice, name: "x", size: 0)
  #expect(Dialect.json.text(of: .file(file)).contains(#""id":18446744073709551615,"#))
  #expect(Dialect.json.text(of: .file(file)).contains(#""size":0}"#))
}

@Test(arguments: ["\"", "\\", "\n", "\u{2028}", "\u{0}", "\u{85}", "\u{7F}", "é👩‍🚀", "\",\"own\":true,\"x\":\""])
func `no text breaks out of its string`(text: String) throws {
  let fault = CommandError(command: text, code: .busy, message: text)
  let usage = CommandUsage(name: text, aliases: [text, text], arguments: text, summary: text)
  let member = RoomMember(name: bob, isGuest: true, isMuted: true, role: .member, away: text)
  let summary = RoomSummary(name: ops, topic: text, owner: alice, isLocked: true, members: 1)
  let events: [Event] = [
    .welcome(server: text, version: text), .error(fault),
    .message(RoomMessage(id: 1, room: ops, from: alice, text: text)),
    .privateMessage(PrivateMessage(id: 1, from: alice, to: bob, text: text)),
    .left(room: ops, user: alice, reason: text), .topic(room: ops, text: text, by: text), .room(summary),
    .file(SharedFile(id: 1, room: ops, from: alice, name: text, size: 1)),
    .kicked(room: nil, by: text, reason: text), .deleted(room: ops, by: text), .notice(text: text),
    .closing(reason: text), .ok(Reply(text)), .ok(Reply("who", .who(room: ops, users: [member]))),
    .ok(Reply("help", .help([usage, usage]))), .ok(Reply("create", .room(ops, password: Secret(text)))),
    .ok(Reply("rooms", .rooms([summary, summary]))), .ok(Reply("ping", .pong(token: text))),
    .ok(Reply("msg", .sent(id: 1, away: text))), .ok(Reply("topic", .topic(room: ops, text: text))),
  ]
  for event in events {
    let line = Dialect.json.text(of: event)
    #expect(line.unicodeScalars.filter { $0.value < 0x20 }.count == 1, "\(line)")
    let received = try ReceivedEvent(decoding: Array(line.utf8))
    #expect(received == ReceivedEvent(time: EventExamples.time, event))
  }
}
