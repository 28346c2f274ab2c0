/// The number of a message, private message or file: grows with every one on the server and never repeats.
package typealias MessageID = UInt64

extension MessageID {
  /// The greatest that a file may hold: the last integer that every reader of JSON takes exactly (RFC 8259 section 6).
  /// No server gives out so many.
  package static let greatestInFiles: MessageID = (1 << 53) - 1
  /// The greatest from which a server goes on, so that those it gives out after it fit into its files as well. A greater one is
  /// damage: at a million messages a second it takes 285 years to get there.
  package static let greatestToGoOnFrom = greatestInFiles - (1 << 32)
}
