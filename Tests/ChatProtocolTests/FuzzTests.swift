import JSON
import TestSupport
import Testing
import Text

@testable import ChatProtocol

private let commandWords = CommandTable.all.flatMap { [$0.name] + $0.aliases }

@Test(arguments: 1...2000 as ClosedRange<UInt64>)
func `any line at all is a command or a fault, and what it says is clean`(seed: UInt64) throws {
  var random = SeededRandom(seed: seed)
  var line = random.tellingBytes(count: Int.random(in: 0...120, using: &random))
  // Random bytes alone would hardly ever get past the command's name.
  if Bool.random(using: &random) { line = Array("/\(commandWords.randomElement(using: &random)!) ".utf8) + line }
  switch CommandParser.parse(line.span) {
  case .success(.message(let text)):
    #expect(CleanText.string(from: text) == text)
    #expect(!text.isEmpty)
    let event = Event.message(RoomMessage(id: seed, room: .lobby, from: EventExamples.alice, text: text))
    let value = try JSONValue(parsing: Array(Dialect.json.text(of: event).utf8))
    #expect(value["text"]?.string == text)
    #expect(Dialect.text.text(of: event).utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1)
  case .success: break
  case .failure(let fault):
    #expect(CleanText.string(from: fault.message) == fault.message)
    for dialect in Dialect.allCases {
      #expect(dialect.text(of: .error(fault)).utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    }
    _ = try JSONValue(parsing: Array(Dialect.json.text(of: .error(fault)).utf8))
  }
  let fault = CommandParser.tooLong(prefix: line.span, limit: 64)
  #expect(fault.code == .lineTooLong)
}

@Test(arguments: 1...500 as ClosedRange<UInt64>)
func `the framer says the same of any stream, however it is cut`(seed: UInt64) {
  var random = SeededRandom(seed: seed)
  let stream = random.tellingBytes(count: Int.random(in: 0...400, using: &random))
  let bound = Int.random(in: 0...20, using: &random)
  var pieces: [[UInt8]] = []
  var rest = stream[...]
  while !rest.isEmpty {
    let count = Int.random(in: 1...min(rest.count, 40), using: &random)
    pieces.append(Array(rest.prefix(count)))
    rest = rest.dropFirst(count)
  }
  #expect(frames(of: pieces, lineBytesMax: bound) == expectedFrames(of: stream, lineBytesMax: bound))
}

/// The frames as the rules of the framer say them, read off a stream that is there whole.
private func expectedFrames(of stream: [UInt8], lineBytesMax: Int) -> [String] {
  var lines = stream.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  if lines.last?.isEmpty == true { lines.removeLast() }
  return lines.map { line in
    let content = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    guard lineBytesMax > 0, content.count > lineBytesMax else { return String(decoding: content, as: UTF8.self) }
    return "too long: " + String(decoding: content.prefix(min(64, lineBytesMax)), as: UTF8.self)
  }
}
