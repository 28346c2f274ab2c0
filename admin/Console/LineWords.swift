/// A line in words, cut as a shell does: at spaces, but for what stands in quotes or behind a backslash. Nothing else of a
/// shell is in it: no variables, no patterns, no pipes.
struct LineWords: Equatable {
  private(set) var words: [String] = []
  /// The quotation mark that has no second one.
  private(set) var openQuote: Character?
  /// How many characters of the line the last word takes, its quotes included; 0 where a new word would begin.
  private(set) var lastLength = 0

  init(_ line: String) {
    var word: String?
    var isEscaped = false
    for character in line {
      lastLength += 1
      if isEscaped {
        isEscaped = false
        word = (word ?? "") + String(character)
      } else if character == openQuote {
        openQuote = nil
      } else if character == "\\", openQuote != "'" {
        isEscaped = true
        word = word ?? ""
      } else if openQuote == nil, character == "\"" || character == "'" {
        openQuote = character
        word = word ?? ""
      } else if openQuote == nil, character.isWhitespace {
        if let word { words.append(word) }
        word = nil
        lastLength = 0
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
  }
}
