import Terminal

/// A question in place of the prompt.
enum ScreenQuestion: Equatable {
  case open(String)
  /// The answer is not shown.
  case password(String)
  case pasted(PastedLines)

  var isPassword: Bool { if case .password = self { true } else { false } }
  var isAboutPaste: Bool { if case .pasted = self { true } else { false } }

  var text: String {
    switch self {
    case .open(let text), .password(let text): text
    case .pasted(let paste): paste.question
    }
  }
}

/// Lines pasted at once. A message has one line, so the user decides what happens to several.
struct PastedLines: Equatable {
  enum Answer: Equatable {
    case oneByOne, asOneMessage, discard

    /// Nil for an answer that the question does not name.
    init?(_ answer: String) {
      switch answer.lowercased().split(separator: " ").joined(separator: " ") {
      case "o", "one", "one by one": self = .oneByOne
      case "m", "message", "one message", "as one message": self = .asOneMessage
      case "", "n", "no", "not", "not at all": self = .discard
      default: return nil
      }
    }
  }

  private var lines: [String]
  /// The line being typed, with its cursor where the pasted lines belong.
  let draft: LineText

  /// No line is empty.
  init(_ lines: [String], into draft: LineText) {
    self.lines = lines
    self.draft = draft
  }

  /// Adds lines pasted after them.
  mutating func append(_ more: [String]) { lines += more }

  var question: String {
    "You pasted \(lines.count) lines. Send them (o)ne by one, as one (m)essage, or (n)ot at all? [n] "
  }

  /// The lines, with the line being typed around them.
  var all: [String] {
    var all = lines
    all[0] = draft.beforeCursor + all[0]
    all[all.count - 1] += draft.afterCursor
    return all
  }

  /// All of it as one message, even if the lines begin like a command.
  var message: String {
    let text = Self.joined(all)
    return text.hasPrefix("/") && draft.isEmpty ? "/" + text : text
  }

  /// The pasted lines as one.
  var joined: String { Self.joined(lines) }

  private static func joined(_ lines: [String]) -> String { lines.map(\.trimmingSpaces).joined(separator: " ") }
}
