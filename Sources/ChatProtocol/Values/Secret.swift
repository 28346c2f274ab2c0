import Text

/// A password, token or ticket. It never prints itself, so that no log line, error or debugger shows it by accident.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package static let bytesMin = 8
  package static let bytesMax = 256

  /// The secret itself, to hash or compare it.
  package let exposed: String

  package init(_ text: String) { exposed = text }

  package var description: String { "(secret)" }
  package var debugDescription: String { "(secret)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret {
  /// For an error, after "a password has".
  package static let rule = "\(bytesMin) to \(bytesMax) bytes, without spaces or control characters"

  /// A password to set; nil if it breaks the rule. A user can type it after `/join ROOM`.
  package init?(choosing text: String) {
    // A client puts U+FFFD for what is not UTF-8, so different passwords would become the same.
    guard (Secret.bytesMin...Secret.bytesMax).contains(text.utf8.count), !text.utf8.contains(where: \.isBlank),
      CleanText.string(from: text).utf8.elementsEqual(text.utf8), !text.unicodeScalars.contains("\u{FFFD}")
    else { return nil }
    self.init(text)
  }
}
