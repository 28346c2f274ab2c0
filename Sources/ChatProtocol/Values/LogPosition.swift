/// The number of a message, private message or file. It grows with each one on the server and never repeats.
package typealias MessageID = UInt64

extension MessageID {
  /// The greatest id: the last integer that every JSON reader takes exactly (RFC 8259, section 6). At a million messages a second it
  /// lasts 285 years. A server that has used it issues no other.
  package static let greatest: MessageID = (1 << 53) - 1
  /// A greater id in the log alone is damage: it would leave too few.
  package static let greatestInLogAlone = greatest - (1 << 32)
}

/// The position of a line in the log: its id, or the last id before it and how many lines after that. Positions grow along the log and
/// never repeat, also when its files are rotated.
///
/// As text, `1042` is the line with that id and `1042.3` the third after it. Before the first id they count from `0`.
package struct LogPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The last id up to this line.
  package var id: MessageID
  /// How many lines without an id since then.
  package var line: Int

  package init(id: MessageID = 0, line: Int = 0) {
    self.id = id
    self.line = line
  }

  /// Reads `1042`, `1042.3` and `#1042`; nil for anything else.
  package init?(_ text: String) {
    let digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isASCIIDigit) }),
      let id = MessageID(parts[0]), id <= .greatest, let line = parts.count == 2 ? Int(parts[1]) : 0,
      line <= Int32.max
    else { return nil }
    self.init(id: id, line: line)
  }

  /// Moves to the next line, with this id or nil. An id that is not greater than the last, in a line edited by hand, counts as nil.
  package mutating func advance(to id: MessageID?) {
    if let id, id > self.id { self = LogPosition(id: id) } else { line += 1 }
  }

  package static func < (left: LogPosition, right: LogPosition) -> Bool {
    (left.id, left.line) < (right.id, right.line)
  }

  package var description: String { line == 0 ? "\(id)" : "\(id).\(line)" }
}
