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
func `unknown members are ignored`(event: Event) throws {
  var value = try JSONValue(parsing: encoded(event))
  value["colour"] = ["red": [1, nil]]
  #expect(try ReceivedEvent(decoding: value) == ReceivedEvent(time: EventSamples.time, event))
}

@Test func `an unknown event is reported by its name`() throws {
  let received = try decoded(#"{"event":"poll","time":"2026-11-20T20:11:02.123Z","room":1}"#)
  #expect(received == ReceivedEvent(time: EventSamples.time, content: .unfamiliar(name: "poll")))
}

@Test func `an error of an unknown code keeps its message`() throws {
  let received = try decoded(
    #"{"event":"error","time":"2026-11-20T20:11:02.123Z","command":"join","code":"too-cold","message":"Wait."}"#)
  let content = ReceivedEvent.Content.unfamiliarError(command: "join", code: "too-cold", message: "Wait.")
  #expect(received.content == content)
}

@Test(arguments: [#"{"tickets":[1]}"#, #"{"messages":[1,2],"more":false}"#, #"{"id":1,"ticket":"x","offset":0}"#])
func `the result of an unknown command counts as success`(members: String) throws {
  let line = #"{"event":"ok","time":"2026-11-20T20:11:02.123Z","command":"search","# + members.dropFirst()
  #expect(try decoded(line).content == .event(.ok(Reply("search"))))
}

@Test func `an unknown role is read as member`() throws {
  let received = try decoded(
    """
    {"event":"ok","time":"2026-11-20T20:11:02.123Z","command":"who","room":"lobby",\
    "users":[{"name":"alice","standing":"herald"}]}
    """)
  let alice = RoomMember(
    name: EventSamples.name("alice"), isGuest: false, isMuted: false, role: .member, away: nil)
  #expect(received.content == .event(.ok(Reply("who", .who(room: .lobby, users: [alice])))))
}

@Test(
  arguments: [
    ("", "the line is not JSON: the document is empty; the smallest one is {}"),
    ("[]", "an event must be a JSON object, in {}"),
    (#"{"event":"back","user":"alice"}"#, "an event lacks \"time\": a time as 2026-11-20T20:11:02.123Z"),
    (#"{"time":"2026-11-20T20:11:02Z"}"#, "an event lacks \"event\": a string"),
    (
      #"{"event":"back","time":"yesterday","user":"alice"}"#,
      #""time" of an event must be a time as 2026-11-20T20:11:02.123Z"#
    ),
    (#"{"event":"back","time":"2026-11-20T20:11:02Z"}"#, "an event lacks \"user\": a name (\(Name.rule))"),
    (#"{"event":"back","time":"2026-11-20T20:11:02Z","user":null}"#, "an event lacks \"user\": a name (\(Name.rule))"),
    (
      #"{"event":"back","time":"2026-11-20T20:11:02Z","user":"a b"}"#,
      #""user" of an event must be a name (\#(Name.rule))"#
    ),
    (
      #"{"event":"private","time":"2026-11-20T20:11:02Z","id":-1,"from":"a","to":"b","text":"x"}"#,
      #""id" of an event must be a whole number from 0"#
    ),
    (
      #"{"event":"message","time":"2026-11-20T20:11:02Z","id":1,"room":"a","from":"b","text":["x"]}"#,
      #""text" of an event must be a string"#
    ),
    (
      #"{"event":"message","time":"2026-11-20T20:11:02Z","id":1,"room":"a","from":"b","text":"x","own":1}"#,
      #""own" of an event must be true or false"#
    ),
    (
      #"{"event":"ok","time":"2026-11-20T20:11:02Z","command":"rooms","rooms":{}}"#,
      #""rooms" of an event must be a list, each element a room, in {}"#
    ),
    (
      #"{"event":"ok","time":"2026-11-20T20:11:02Z","command":"rooms","rooms":["lobby"]}"#,
      #""rooms" of an event must be a list, each element a room, in {}"#
    ),
    (
      #"{"event":"ok","time":"2026-11-20T20:11:02Z","command":"format","format":"morse"}"#,
      #""format" of an event must be one of text, json"#
    ),
  ])
func `the error for an invalid event says what is expected`(line: String, problem: String) {
  #expect(throws: CodingError(problem, line: 1)) { try decoded(line) }
}

@Test(arguments: EventSamples.all)
func `a truncated line throws an error`(event: Event) throws {
  let line = encoded(event).dropLast()
  for length in 0..<line.count {
    #expect(throws: CodingError.self) { try ReceivedEvent(decoding: Array(line.prefix(length))) }
  }
}
