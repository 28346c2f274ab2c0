/// Lines typed before, the oldest first: bounded, and none twice in a row.
package struct LineHistory: Equatable, Sendable {
  package private(set) var lines: [String] = []
  private let linesMax: Int

  package init(linesMax: Int = 1000) {
    precondition(linesMax > 0, "a history that holds nothing is none")
    self.linesMax = linesMax
  }

  /// The last of these.
  package init(_ lines: [String], linesMax: Int = 1000) {
    self.init(linesMax: linesMax)
    for line in lines { append(line) }
  }

  /// An empty line is none. Whether it was new.
  @discardableResult
  package mutating func append(_ line: String) -> Bool {
    guard !line.allSatisfy(\.isWhitespace), line != lines.last else { return false }
    lines.append(line)
    if lines.count > linesMax { lines.removeFirst(lines.count - linesMax) }
    return true
  }

  /// The newest line before `place` that contains `text`.
  package func newest(containing text: String, before place: Int) -> Int? {
    lines[..<min(max(0, place), lines.count)].lastIndex { $0.contains(text) }
  }
}
