/// What a person is asked instead of saying something.
enum ScreenQuestion: Equatable {
  case open(String)
  /// What is typed is not shown.
  case secret(String)
  /// Several lines were pasted; the last is what stood unfinished.
  case pasted([String])

  var isSecret: Bool { if case .secret = self { true } else { false } }

  var text: String {
    switch self {
    case .open(let text), .secret(let text): text
    case .pasted(let lines): PastedLines(lines).question
    }
  }
}

/// Lines that were pasted at once. A line of chat has one line, so that somebody has to say what becomes of several.
struct PastedLines {
  /// Those that say something.
  private let lines: [String]

  init(_ lines: [String]) { self.lines = lines.filter { !$0.allSatisfy(\.isWhitespace) } }

  var question: String {
    "\(lines.count) lines were pasted: send them (o)ne by one, as one (m)essage, or (n)ot at all? [n] "
  }

  /// What is to be said, by the letter of the answer.
  func toSay(answer: String) -> [String] {
    switch answer.lowercased().first {
    case "o": lines
    case "m": lines.isEmpty ? [] : [lines.map { $0.trimmingSpaces() }.joined(separator: " ")]
    default: []
    }
  }
}

extension String {
  fileprivate func trimmingSpaces() -> String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
