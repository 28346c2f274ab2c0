/// Which part of a past a page shows.
package enum HistoryPlace: Equatable, Sendable {
  /// The last messages before it.
  case before(Moment)
  /// The first messages after the id, or from the time on.
  case since(Moment)
  /// Some before it, and some from it on.
  case around(Moment)

  package enum Moment: Equatable, Sendable {
    case id(MessageID)
    /// The first id that was issued at this time or later.
    case time(Timestamp)
  }
}

/// Which ends of a past a page has reached.
package struct PastEnds: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// There is nothing older.
  package static let beginning = PastEnds(rawValue: 1)
  /// There was nothing newer.
  package static let end = PastEnds(rawValue: 2)
}
