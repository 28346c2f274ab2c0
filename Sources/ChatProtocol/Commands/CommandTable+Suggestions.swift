extension CommandTable {
  /// The name or alias that was probably meant: at most two slips away (one for a word of up to three letters, of which
  /// two would leave nothing), a slip being a letter too many, missing, wrong or changed with its neighbour. nil where
  /// nothing is that near; the first listed among equals.
  package static func nearest(to word: String) -> String? {
    let typed = Array(word.lowercased().utf8)
    // Longer than every command by more than the slips allowed; and the work below grows with its length.
    guard !typed.isEmpty, typed.count <= wordLengthMax + 2 else { return nil }
    var best: (word: String, slips: Int)?
    for usage in all {
      for candidate in [usage.name] + usage.aliases {
        let slips = slips(from: typed, to: Array(candidate.utf8))
        if slips <= (typed.count > 3 ? 2 : 1), slips < best?.slips ?? .max { best = (candidate, slips) }
      }
    }
    return best?.word
  }

  static let wordLengthMax = all.flatMap { [$0.name] + $0.aliases }.map(\.utf8.count).max() ?? 0

  /// The optimal string alignment distance, three rows of its table at a time.
  private static func slips(from typed: [UInt8], to word: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...word.count)
    for row in typed.indices {
      var current = [row + 1]
      for column in word.indices {
        let replaced = last[column] + (typed[row] == word[column] ? 0 : 1)
        var fewest = min(replaced, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, typed[row] == word[column - 1], typed[row - 1] == word[column] {
          fewest = min(fewest, beforeLast[column - 1] + 1)
        }
        current.append(fewest)
      }
      beforeLast = last
      last = current
    }
    return last[word.count]
  }
}
