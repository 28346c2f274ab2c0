/// Where text stands in a field wider than it.
package enum Alignment: Sendable {
  case leading, trailing
}

extension String {
  /// The columns the text takes in a terminal.
  package var displayWidth: Int { DisplayWidth.of(self) }

  /// The text if it fits; else as much of its beginning as leaves room for "…". Characters are never cut.
  package func truncated(toColumns columns: Int) -> String {
    precondition(columns >= 0, "a width is never negative")
    // A byte takes at most one column, so most texts need no look at their characters.
    if utf8.count <= columns || displayWidth <= columns { return self }
    guard columns > 0 else { return "" }
    var width = 0
    var end = startIndex
    for index in indices {
      width += DisplayWidth.of(self[index])
      if width > columns - 1 { break }
      end = self.index(after: index)
    }
    return self[..<end] + "…"
  }

  /// The text with spaces to a width; unchanged if it is as wide or wider.
  package func padded(toColumns columns: Int, _ alignment: Alignment = .leading) -> String {
    let spaces = String(repeating: " ", count: max(0, columns - displayWidth))
    return alignment == .leading ? self + spaces : spaces + self
  }
}
