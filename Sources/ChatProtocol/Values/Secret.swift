/// A password or token on its way: it never prints itself, so that no log line, error or debugger dump shows it by chance.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package static let bytesMin = 8
  package static let bytesMax = 256

  /// The secret itself, for the one place that hashes or compares it.
  package let exposed: String

  package init(_ text: String) { exposed = text }

  package var description: String { "(secret)" }
  package var debugDescription: String { "(secret)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
