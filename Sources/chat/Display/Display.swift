import ChatProtocol
import JSON
import Terminal
import Text

/// How what a session shows becomes lines. Whatever came from the server is cleaned on the way: no server is trusted.
enum Display {
  /// For a person: local times, colours, tables.
  case terminal(TerminalDisplay)
  /// For a pipe: one event a line, the same on every machine.
  case plain
  /// For a program: events as the server wrote them.
  case json

  /// Lines without their ends.
  func lines(of shown: Shown) -> [DisplayedLine] {
    switch shown {
    case .event(let event, let viewpoint):
      switch self {
      case .terminal(let display): display.lines(of: event, for: viewpoint).map { DisplayedLine($0, .output) }
      case .plain: PlainDisplay.lines(of: event).map { DisplayedLine($0, .output) }
      case .json: []
      }
    case .raw(let value):
      // Written anew, so that what a terminal would obey stands escaped even where the server left it as it was.
      [DisplayedLine(CleanText.string(from: value.compact.span), .output)]
    case .note(let sentence):
      if case .terminal(let display) = self {
        display.note(sentence).map { DisplayedLine($0, .output) }
      } else {
        [DisplayedLine("chat: \(CleanText.string(from: sentence))", .error)]
      }
    case .complaint(let sentence):
      if case .terminal(let display) = self {
        display.complaint(sentence).map { DisplayedLine($0, .output) }
      } else {
        [DisplayedLine("chat: \(CleanText.string(from: sentence))", .error)]
      }
    }
  }

  /// Where a question is asked: where people look, and never between the lines of a pipe.
  var questionStream: DisplayedLine.Stream {
    if case .terminal = self { .output } else { .error }
  }
}

/// A line and where it is written.
struct DisplayedLine: Equatable {
  enum Stream: Equatable {
    case output
    case error
  }

  var text: String
  var stream: Stream

  init(_ text: String, _ stream: Stream) {
    self.text = text
    self.stream = stream
  }
}
