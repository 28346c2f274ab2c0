import JSON
import TestSupport
import Testing
import Text

@testable import ChatProtocol

/// A line for every name that a command has, with all arguments and with none.
private let commandLines = CommandTable.all.flatMap { usage in
  ([usage.name] + usage.aliases).flatMap { word in
    ["/\(word) \(usage.arguments.replacing("[", with: "").replacing("]", with: ""))", "/\(word)"]
  }
}

private func isOneLine(_ text: String) -> Bool {
  text.utf8.last == UInt8(ascii: "\n") && text.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1
}

@Suite struct FuzzTests {
  @Test func `any line is a command or an error, with clean text`() throws {
    let words = ["alice", "ops", "#1042", "1042", "a@example.org", "1h", "--open", "correct-horse", "plan.pdf", "//"]
    try Fuzz("commands", commandLines + ["hello, world", "//shrug", "/me waves \u{9B}31m"], words: words).run { input in
      switch CommandParser.parse(input.bytes.span) {
      case .success(.message(let text)):
        #expect(CleanText.string(from: text) == text && !text.isEmpty, "\(input)")
        let event = Event.message(RoomMessage(id: 7, room: .lobby, from: EventExamples.alice, text: text))
        let value = try JSONValue(parsing: Array(Dialect.json.text(of: event).utf8))
        #expect(value["text"]?.string == text, "\(input)")
        #expect(isOneLine(Dialect.text.text(of: event)), "\(input)")
      case .success: break
      case .failure(let fault):
        #expect(CleanText.string(from: fault.message) == fault.message, "\(input)")
        for dialect in Dialect.allCases { #expect(isOneLine(dialect.text(of: .error(fault))), "\(input)") }
        _ = try JSONValue(parsing: Array(Dialect.json.text(of: .error(fault)).utf8))
      }
      #expect(CommandParser.tooLong(prefix: input.bytes.span, limit: 64).code == .lineTooLong, "\(input)")
    }
  }

  @Test func `the framer returns the same lines for any stream, however it is cut`() throws {
    let streams = ["hello\n/join ops\r\n\n", "123456789\r\nnext\r\r\nunended", commandLines.joined(separator: "\r\n")]
    try Fuzz("streams of lines", streams).run { input in
      let bound = Int.random(in: 0...40, using: &input.random)
      let framed = frames(of: input.pieces(), lineBytesMax: bound)
      #expect(framed == expectedFrames(of: input.bytes, lineBytesMax: bound), "\(input)")
      for line in framed { _ = CommandParser.parse(Array(line.utf8).span) }
    }
  }

  @Test func `any line is an event that is written back the same, or an error in one line`() throws {
    let lines = EventSamples.all.map { Dialect.json.text(of: $0, at: EventSamples.time) }
    try Fuzz("events", lines, words: ["\"before\":7,", "\"more\":true", "\"room\":\"ops\",", "\"user\":\"bob\","]).run {
      input in
      let received: ReceivedEvent
      do throws(CodingError) {
        received = try ReceivedEvent(decoding: input.bytes)
      } catch {
        #expect(!error.problem.isEmpty && !error.problem.contains("\n"), "\(input)")
        return
      }
      guard case .event(let event) = received.content else { return }
      let written = Dialect.json.text(of: event, at: received.time)
      #expect(isOneLine(written), "\(input)")
      let again = try ReceivedEvent(decoding: Array(written.utf8))
      #expect(again == received, "\(input)")
      // Names are equal without regard to case, so the bytes are compared too.
      guard case .event(let same) = again.content else { return }
      #expect(Dialect.json.text(of: same, at: again.time) == written, "\(input)")
      // A message echoed to its author has no text form.
      let shown = Dialect.text.text(of: event, at: received.time)
      #expect(shown.isEmpty || shown.utf8.last == UInt8(ascii: "\n"), "\(input)")
    }
  }
}

/// The frames that the framer's rules give, computed from the whole stream at once.
private func expectedFrames(of stream: [UInt8], lineBytesMax: Int) -> [String] {
  var lines = stream.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  if lines.last?.isEmpty == true { lines.removeLast() }
  return lines.map { line in
    let content = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    guard lineBytesMax > 0, content.count > lineBytesMax else { return String(decoding: content, as: UTF8.self) }
    return "too long: " + String(decoding: content.prefix(min(64, lineBytesMax)), as: UTF8.self)
  }
}
