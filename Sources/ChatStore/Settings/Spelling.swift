/// Finds what somebody meant who wrote a word slightly wrong.
enum Spelling {
  /// The word that the fewest changes lead to; nil where even that takes more than a third of the letters.
  static func nearest(to word: String, among words: [String]) -> String? {
    let changesMax = max(1, word.utf8.count / 3)
    var best: (word: String, changes: Int)?
    for candidate in words {
      let changes = changes(from: Array(word.lowercased().utf8), to: Array(candidate.utf8))
      if changes <= changesMax, changes < best?.changes ?? .max { best = (candidate, changes) }
    }
    return best?.word
  }

  /// How many letters must be put in, taken out or replaced (Levenshtein's distance), one row of the table at a time.
  private static func changes(from word: [UInt8], to other: [UInt8]) -> Int {
    var row = Array(0...other.count)
    for (index, letter) in word.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for (column, otherLetter) in other.enumerated() {
        let replaced = diagonal + (letter == otherLetter ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[other.count]
  }
}
