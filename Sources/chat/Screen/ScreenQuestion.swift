import Terminal

/// What a person is asked instead of saying something.
enum ScreenQuestion: Equatable {
  case open(String)
  /// What is typed is not shown.
  case secret(String)
  case pasted(PastedLines)

  var isSecret: Bool { if case .secret = self { true } else { false } }
  var isAboutPaste: Bool { if case .pasted = self { true } else { false } }

  var text: String {
    switch self {
    case .open(let text), .secret(let text): text
    case .pasted(let paste): paste.question
    }
  }
}

/// Lines that were pasted at once. A line of chat has one line, so that somebody has to say what becomes of several.
struct PastedLines: Equatable {
  enum Answer: Equatable {
    case oneByOne, asOneMessage, notAtAll
  }

  private var lines: [String]
  /// The line that was being typed, with its cursor where they belong.
  let draft: LineText

  /// Of the lines, each says something.
  init(_ lines: [String], into draft: LineText) {
    self.lines = lines
    self.draft = draft
  }

  /// Others that were pasted behind them.
  mutating func append(_ more: [String]) { lines += more }

  var question: String {
    "\(lines.count) lines were pasted: send them (o)ne by one, as one (m)essage, or (n)ot at all? [n] "
  }

  /// nil where the answer is none of those that the question names.
  static func meant(by answer: String) -> Answer? {
    switch answer.lowercased().split(separator: " ").joined(separator: " ") {
    case "o", "one", "one by one": .oneByOne
    case "m", "message", "one message", "as one message": .asOneMessage
    case "", "n", "no", "not", "not at all": .notAtAll
    default: nil
    }
  }

  /// The lines, with what was being typed around them.
  var all: [String] {
    var all = lines
    all[0] = draft.beforeCursor + all[0]
    all[all.count - 1] += draft.afterCursor
    return all
  }

  /// What says them all at once. It begins like a message also where the lines begin like a command.
  var message: String {
    let text = Self.joined(all)
    return text.hasPrefix("/") && draft.isEmpty ? "/" + text : text
  }

  /// The lines alone, as one.
  var joined: String { Self.joined(lines) }

  private static func joined(_ lines: [String]) -> String {
    lines.map { $0.trimmingSpaces() }.joined(separator: " ")
  }
}

extension String {
  fileprivate func trimmingSpaces() -> String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
