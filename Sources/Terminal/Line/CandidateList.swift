/// Words that a line could go on with, as lines of columns for a person to choose from: down one column, then the next.
package struct CandidateList: Sendable {
  private static let gap = 2

  private let words: [String]
  private let more: Bool

  /// `more`: there are others that are not among them.
  package init(_ words: [String], more: Bool = false) {
    self.words = words
    self.more = more
  }

  package func lines(columnsMax: Int) -> [String] {
    let width = words.map(\.displayWidth).max() ?? 0
    let columns = max(1, (columnsMax + Self.gap) / (width + Self.gap))
    let rows = (words.count + columns - 1) / columns
    let lines = (0..<rows).map { row in
      let cells = stride(from: row, to: words.count, by: rows).map { words[$0] }
      return cells.dropLast().map { $0.padded(toColumns: width + Self.gap) }.joined() + (cells.last ?? "")
    }
    return lines + (more ? ["… and others"] : [])
  }

  /// What all of them begin with, without regard to the case of letters; as the first has it.
  package static func commonBeginning(of words: [String]) -> String {
    guard let first = words.first else { return "" }
    var common = Array(first)
    for word in words.dropFirst() {
      let same = zip(common, word).prefix { $0.lowercased() == $1.lowercased() }.count
      common.removeLast(common.count - same)
    }
    return String(common)
  }
}
