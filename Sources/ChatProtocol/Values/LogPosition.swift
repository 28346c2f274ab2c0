/// A place in the log: behind a line that bears an id, or so many lines after it. Each line has its own, and they grow along
/// the log; since ids never repeat, neither do they, whatever the log's files are called by now.
///
/// As text `1042` for the line with that id and `1042.3` for the third after it; before the first id they count from `0`.
package struct LogPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The last id up to there.
  package var id: MessageID
  /// How many lines without an id have come since.
  package var line: Int

  package init(id: MessageID = 0, line: Int = 0) {
    self.id = id
    self.line = line
  }

  /// Reads `1042`, `1042.3` and, as people write ids, `#1042`; nil for anything else.
  package init?(_ text: String) {
    let digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isASCIIDigit) }),
      let id = MessageID(parts[0]), id <= .greatest, let line = parts.count == 2 ? Int(parts[1]) : 0,
      line <= Int32.max
    else { return nil }
    self.init(id: id, line: line)
  }

  /// The next line has this id, nil for none. One that is no greater than the last, in a line that somebody put there, is none.
  package mutating func advance(to id: MessageID?) {
    if let id, id > self.id { self = LogPosition(id: id) } else { line += 1 }
  }

  package static func < (left: LogPosition, right: LogPosition) -> Bool {
    (left.id, left.line) < (right.id, right.line)
  }

  package var description: String { line == 0 ? "\(id)" : "\(id).\(line)" }
}
