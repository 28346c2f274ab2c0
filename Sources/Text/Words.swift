/// Suggests the word that a user meant.
package enum Spelling {
  /// Longer than any word: the work grows with the length.
  private static let typedMax = 40

  /// The nearest word without regard to case, the first of equals, or the only word with that prefix. Nil if none is near: one typing
  /// error per three letters is allowed.
  package static func nearest(to typed: String, among words: [String]) -> String? {
    guard !typed.isEmpty, typed.utf8.count <= typedMax else { return nil }
    let typed = typed.lowercased()
    let distances = words.map { distance(typed, $0.lowercased()) }
    if let least = distances.min(), least <= max(1, typed.unicodeScalars.count / 3),
      least < typed.unicodeScalars.count
    {
      return words[distances.firstIndex(of: least)!]
    }
    let begun = words.filter { $0.lowercased().hasPrefix(typed) }
    return begun.count == 1 ? begun[0] : nil
  }

  /// The number of insertions, deletions, changes and swaps of neighbours between two words (the optimal string alignment
  /// distance), in Unicode scalars.
  package static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.unicodeScalars)
    let right = Array(right.unicodeScalars)
    // Three rows of the usual table: a swap looks two rows back.
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        let change = previous[column] + (left[row] == right[column] ? 0 : 1)
        var distance = min(change, previous[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          distance = min(distance, beforePrevious[column - 1] + 1)
        }
        current.append(distance)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[right.count]
  }
}

/// Byte counts in words.
package enum ByteCount {
  /// In the largest unit with a whole number before the point: `23.4 MiB`.
  package static func words(_ count: UInt64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    guard count >= 1024 else { return "\(count) B" }
    let power = (63 - count.leadingZeroBitCount) / 10
    let tenths = ((count >> (10 * (power - 1))) * 10) >> 10
    return "\(tenths / 10).\(tenths % 10) \(units[power - 1])"
  }
}
