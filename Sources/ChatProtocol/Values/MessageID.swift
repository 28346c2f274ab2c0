/// The number of a message, private message or file: grows with every one on the server and never repeats.
package typealias MessageID = UInt64

extension MessageID {
  /// The greatest that there is: the last integer that every reader of JSON takes exactly (RFC 8259 section 6). At a million
  /// messages a second it takes 285 years to get there. Files are read up to it, and a server that has given it out gives out no
  /// other.
  package static let greatest: MessageID = (1 << 53) - 1
  /// One beyond that stands in the log alone is damage: it would leave too few.
  package static let greatestInLogAlone = greatest - (1 << 32)
}
