import ChatCore
import ChatProtocol
import TestSupport
import Testing
import Text

@testable import ChatStore

private let time = Timestamp("2026-11-20T20:11:02.123Z")!

private func line(_ record: LogRecord) -> String {
  var bytes: [UInt8] = []
  LogFormat.append(record, at: time, into: &bytes)
  return String(decoding: bytes, as: UTF8.self)
}

private func message(_ text: String, isAction: Bool = false) -> RoomMessage {
  RoomMessage(id: 1042, room: .lobby, from: Name("alice")!, text: text, isAction: isAction)
}

@Test func `a message is one readable line`() {
  #expect(
    line(.message(message("hello, world")))
      == "2026-11-20T20:11:02.123Z message id=1042 room=lobby from=alice text=\"hello, world\"\n")
  #expect(
    line(.message(message(#"says "\o/""#, isAction: true)))
      == #"2026-11-20T20:11:02.123Z action id=1042 room=lobby from=alice text="says \"\\o/\"""# + "\n")
}

@Test func `an event's values need no quotes if they are words`() {
  let fields: [LogRecord.Field] = [
    .init("user", "alice"), .init("address", "::1"), .init("file", "data/users.csv"), .init("reason", "too slow"),
    .init("empty", ""), .init("sum", "a=b"),
  ]
  #expect(
    line(.event("kick", fields, text: nil))
      == "2026-11-20T20:11:02.123Z kick user=alice address=::1 file=data/users.csv reason=\"too slow\" empty=\"\" sum=\"a=b\"\n"
  )
  #expect(line(.event("stop", [], text: "done")) == "2026-11-20T20:11:02.123Z stop text=\"done\"\n")
}

/// Expects one line without line ends or control characters, which reads back as the same record.
private func expectSound(_ record: LogRecord, _ expected: LogLine) {
  var bytes: [UInt8] = []
  LogFormat.append(record, at: time, into: &bytes)
  let text = String(validating: bytes, as: UTF8.self)
  #expect(text != nil)
  #expect(bytes.last == UInt8(ascii: "\n"))
  for scalar in (text ?? "").unicodeScalars.dropLast() {
    let isHarmful =
      scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x2028...0x202E).contains(scalar.value)
      || (0x2066...0x2069).contains(scalar.value)
    #expect(!isHarmful)
  }
  #expect(LogFormat.parse(Array(bytes.dropLast())) == expected)
}

private func expectSound(_ text: String) {
  let clean = CleanText.string(from: text)
  let record = message(text)
  let fields: [LogRecord.Field] = [.init("id", "1042"), .init("room", "lobby"), .init("from", "alice")]
  let expected = LogLine(time: time, event: "message", fields: fields, text: clean)
  expectSound(.message(record), expected)
  #expect(expected.message == PastMessage(time: time, message: message(clean)))
  expectSound(
    .event("kick", [.init("reason", text), .init("by", "bob")], text: text),
    LogLine(time: time, event: "kick", fields: [.init("reason", clean), .init("by", "bob")], text: clean))
}

@Test(arguments: hostileTexts)
func `no text breaks a line, forges one, or is lost`(text: String) { expectSound(text) }

@Test(arguments: 0..<50 as Range<UInt64>)
func `no random text breaks a line, forges one, or is lost`(seed: UInt64) {
  var random = SeededRandom(seed: seed)
  for _ in 0..<20 { expectSound(random.hostileText()) }
}

@Test(arguments: [
  "", "2026-11-20T20:11:02.123Z", "2026-11-20T20:11:02.123Z ", "2026-11-20T20:11:02Z stop",
  "2026-13-20T20:11:02.123Z stop", "2026-11-20T20:11:02.123Z stop ", "2026-11-20T20:11:02.123Z stop a",
  "2026-11-20T20:11:02.123Z stop a=", "2026-11-20T20:11:02.123Z stop =a", "2026-11-20T20:11:02.123Z stop a=\"b",
  "2026-11-20T20:11:02.123Z stop a=\"b\\n\"", "2026-11-20T20:11:02.123Z stop a=\"b\"c",
  "2026-11-20T20:11:02.123Z stop a=b  c=d", "2026-11-20T20:11:02.123Z stop text=bare",
  "2026-11-20T20:11:02.123Z stop text=\"a\" b=c", "2026-11-20T20:11:02.123Z stop a=\"\u{1B}\"",
  "2026-11-20T20:11:02.123Z stop text=\"a\"\0\0\0",
])
func `a damaged line is not parsed`(line: String) {
  #expect(LogFormat.parse(Array(line.utf8)) == nil)
}

@Test(arguments: [
  "2026-11-20T20:11:02.123Z message room=lobby from=alice text=\"x\"",
  "2026-11-20T20:11:02.123Z message id=x room=lobby from=alice text=\"x\"",
  "2026-11-20T20:11:02.123Z message id=1 room=\"a b\" from=alice text=\"x\"",
  "2026-11-20T20:11:02.123Z message id=1 room=lobby from=alice",
  "2026-11-20T20:11:02.123Z topic id=1 room=lobby from=alice text=\"x\"",
])
func `a line that is not a message reads as no message`(line: String) throws {
  #expect(try #require(LogFormat.parse(Array(line.utf8))).message == nil)
}

@Test func `invalid UTF-8 is damage`() {
  let line = Array("2026-11-20T20:11:02.123Z stop text=\"".utf8) + [0xC3, 0x28] + Array("\"".utf8)
  #expect(LogFormat.parse(line) == nil)
}

@Test(arguments: 0..<20 as Range<UInt64>)
func `the parser accepts any bytes`(seed: UInt64) {
  var random = SeededRandom(seed: seed)
  let sound = Array(line(.event("kick", [.init("id", "7"), .init("reason", "a b")], text: "c \"d\"")).utf8)
  for _ in 0..<200 {
    var bytes = sound
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
    // Any parsed line can be written again.
    if let line = LogFormat.parse(bytes), LogFormat.isWord(line.event) {
      let record = LogRecord.event(line.event, line.fields, text: line.text)
      var again: [UInt8] = []
      LogFormat.append(record, at: line.time, into: &again)
      #expect(LogFormat.parse(Array(again.dropLast())) != nil)
    }
    _ = LogLineHeader(bytes.span)
  }
}

/// A macro cannot capture a span, so the header's values are collected first.
private func header(_ line: String, rooms: [String] = [], times: [String] = []) -> (
  header: LogLineHeader, isInRoom: [Bool], isBefore: [Bool]
)? {
  let bytes = Array(line.utf8)
  guard let header = LogLineHeader(bytes.span) else { return nil }
  return (
    header, rooms.map { header.isInRoom(Array($0.utf8), bytes.span) },
    times.map { LogLineHeader.isBefore(Array($0.utf8), bytes.span) }
  )
}

@Test func `the header has the same values as a parse`() throws {
  let seen = try #require(
    header(
      line(.message(message("hi"))), rooms: ["lobby", "lobb", "lobbyx"],
      times: ["2026-11-20T20:11:02.124Z", "2026-11-20T20:11:02.123Z"]))
  #expect(seen.header.id == 1042)
  #expect(seen.header.isMessage)
  #expect(seen.isInRoom == [true, false, false])
  #expect(seen.isBefore == [true, false])
  #expect(header(line(.event("stop", [], text: nil)))?.header.isMessage == false)
  #expect(header("nonsense") == nil)
}
