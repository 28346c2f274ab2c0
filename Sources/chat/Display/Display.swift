import ChatProtocol
import JSON
import Terminal
import Text

/// Turns what a session shows into lines. It cleans everything from the server, which is not trusted.
enum Display {
  /// For a user: local times, colours, tables.
  case terminal(TerminalDisplay)
  /// For a pipe: the protocol's text dialect, one event a line, the same on every machine. A name cannot be forged in it, and every
  /// message names its room.
  case plain
  /// For a program: events as the server wrote them.
  case json

  /// The lines, without line ends.
  func lines(of item: DisplayItem) -> [DisplayedLine] {
    switch item {
    case .event(let event, let context):
      switch self {
      case .terminal(let display): display.lines(of: event, for: context).map { DisplayedLine($0, .output) }
      case .plain: Self.plainLines(of: event).map { DisplayedLine($0, .output) }
      case .json: []
      }
    case .json(let value):
      // Encoded again, so that what a terminal would obey is escaped even if the server did not.
      [DisplayedLine(CleanText.string(from: value.compact.span), .output)]
    case .notice(let sentence), .error(let sentence):
      if case .terminal(let display) = self {
        display.lines(of: sentence, isError: item == .error(sentence)).map { DisplayedLine($0, .output) }
      } else {
        [DisplayedLine("chat: \(CleanText.string(from: sentence))", .error)]
      }
    }
  }

  /// The stream of a question: where users look, and not among the lines of a pipe.
  var questionStream: DisplayedLine.Stream {
    if case .terminal = self { .output } else { .error }
  }

  private static func plainLines(of received: ReceivedEvent) -> [String] {
    var bytes: [UInt8] = []
    switch received.content {
    case .event(.message(var message)):
      // The text dialect leaves out own messages, because with nc the user sees them being typed.
      message.isOwn = false
      Dialect.text.encode(.message(message), at: received.time, into: &bytes)
    case .event(let event): Dialect.text.encode(event, at: received.time, into: &bytes)
    case .unfamiliarError(_, let code, let message): bytes = Array("error \(code): \(message)".utf8)
    case .unfamiliar: break
    }
    return bytes.split(separator: UInt8(ascii: "\n")).map {
      CleanText.string(from: String(decoding: $0, as: UTF8.self))
    }
  }
}

/// A line and its stream.
struct DisplayedLine: Equatable {
  enum Stream: Equatable {
    case output
    case error
  }

  var text: String
  var stream: Stream

  init(_ text: String, _ stream: Stream) { (self.text, self.stream) = (text, stream) }
}
