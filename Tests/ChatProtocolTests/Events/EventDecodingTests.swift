import JSON
import Testing

@testable import ChatProtocol

private func encoded(_ event: Event) -> [UInt8] {
  var line: [UInt8] = []
  Dialect.json.encode(event, at: EventSamples.time, into: &line)
  return line
}

private func decoded(_ text: String) throws -> ReceivedEvent {
  try ReceivedEvent(decoding: Array(text.utf8))
}

@Test(arguments: EventSamples.all)
func `an event written as json reads back as the same`(event: Event) throws {
  let line = encoded(event)
  let received = try ReceivedEvent(decoding: line)
  #expect(received == ReceivedEvent(time: EventSamples.time, event))
  // Names are equal without regard to case, so the bytes are compared too.
  if case .event(let event) = received.content { #expect(encoded(event) == line) }
}

@Test(arguments: EventSamples.all)
func `members that nobody knows are passed over`(event: Event) throws {
  var value = try JSONValue(parsing: encoded(event))
  value["colour"] = ["red": [1, nil]]
  #expect(try ReceivedEvent(decoding: value) == ReceivedEvent(time: EventSamples.time, event))
}

@Test func `an event that nobody knows is told by its name`() throws {
  let received = try decoded(#"{"event":"poll","time":"2026-11-20T20:11:02.123Z","room":1}"#)
  #expect(received == ReceivedEvent(time: EventSamples.time, content: .unfamiliar(name: "poll")))
}

@Test func `an error of a code that nobody knows keeps its sentence`() throws {
  let received = try decoded(
    #"{"event":"error","time":"2026-11-20T20:11:02.123Z","command":"join","code":"too-cold","message":"Wait."}"#)
  let content = ReceivedEvent.Content.unfamiliarError(command: "join", code: "too-cold", message: "Wait.")
  #expect(received.content == content)
}

@Test(arguments: [#"{"tickets":[1]}"#, #"{"messages":[1,2],"more":false}"#, #"{"id":1,"ticket":"x","offset":0}"#])
func `the result of a command that nobody knows counts as done`(members: String) throws {
  let line = #"{"event":"ok","time":"2026-11-20T20:11:02.123Z","command":"search","# + members.dropFirst()
  #expect(try decoded(line).content == .event(.ok(Reply("search"))))
}

@Test func `a standing that nobody knows is a member's`() throws {
  let received = try decoded(
    """
    {"event":"ok","time":"2026-11-20T20:11:02.123Z","command":"who","room":"lobby",\
    "users":[{"name":"alice","standing":"herald"}]}
    """)
  let alice = RoomMember(
    name: EventSamples.name("alice"), isGuest: false, isMuted: false, standing: .member, away: nil)
  #expect(received.content == .event(.ok(Reply("who", .who(room: .lobby, users: [alice])))))
}

@Test(
  arguments: [
    ("", "the line is not JSON: there is nothing here; the smallest document is {}"),
    ("[]", "an event is an object"),
    (#"{"event":"back","user":"alice"}"#, "time is missing: a time belongs there"),
    (#"{"time":"2026-11-20T20:11:02Z"}"#, "event is missing: a text belongs there"),
    (#"{"event":"back","time":"yesterday","user":"alice"}"#, #"time is "yesterday": a time belongs there"#),
    (#"{"event":"back","time":"2026-11-20T20:11:02Z"}"#, "user is missing: a name belongs there"),
    (#"{"event":"back","time":"2026-11-20T20:11:02Z","user":null}"#, "user is missing: a name belongs there"),
    (#"{"event":"back","time":"2026-11-20T20:11:02Z","user":"a b"}"#, #"user is "a b": a name belongs there"#),
    (
      #"{"event":"private","time":"2026-11-20T20:11:02Z","id":-1,"from":"a","to":"b","text":"x"}"#,
      "id is -1: a number belongs there"
    ),
    (
      #"{"event":"message","time":"2026-11-20T20:11:02Z","id":1,"room":"a","from":"b","text":["x"]}"#,
      #"text is ["x"]: a text belongs there"#
    ),
    (
      #"{"event":"message","time":"2026-11-20T20:11:02Z","id":1,"room":"a","from":"b","text":"x","own":1}"#,
      "own is 1: true or false belongs there"
    ),
    (
      #"{"event":"ok","time":"2026-11-20T20:11:02Z","command":"rooms","rooms":{}}"#,
      "rooms is {}: a list belongs there"
    ),
    (
      #"{"event":"ok","time":"2026-11-20T20:11:02Z","command":"rooms","rooms":["lobby"]}"#,
      "name is missing: a name belongs there"
    ),
    (
      #"{"event":"ok","time":"2026-11-20T20:11:02Z","command":"format","format":"morse"}"#,
      "format is none of the dialects known here"
    ),
  ])
func `what is no event says what belongs there`(line: String, problem: String) {
  #expect(throws: EventError(problem)) { try decoded(line) }
}

@Test(arguments: EventSamples.all)
func `a line that is cut short is a fault and nothing else`(event: Event) throws {
  let line = encoded(event).dropLast()
  for length in 0..<line.count {
    #expect(throws: EventError.self) { try ReceivedEvent(decoding: Array(line.prefix(length))) }
  }
}
