/// An e-mail address as this server takes them: one `@` with something on both sides, beginning with a letter or
/// digit, of `A-Za-z0-9._+-`, at most 254 bytes (RFC 5321 section 4.5.3.1). Unique without regard to case.
package struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
  package static let lengthMax = 254

  package let text: String
  /// `text` in lower case: what addresses are compared by.
  package let key: String

  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= EmailAddress.lengthMax, let first = bytes.first, first.isASCIILetterOrDigit,
      let at = bytes.firstIndex(of: UInt8(ascii: "@")), at > 0, at < bytes.count - 1
    else { return nil }
    for (index, byte) in bytes.enumerated() where index != at {
      guard byte.isASCIILetterOrDigit || "._+-".utf8.contains(byte) else { return nil }
    }
    self.text = text
    key = text.lowercased()
  }

  package var description: String { text }
  package static func == (left: EmailAddress, right: EmailAddress) -> Bool { left.key == right.key }
  package func hash(into hasher: inout Hasher) { hasher.combine(key) }

  package static let rule =
    "one '@', beginning with a letter or digit, of letters, digits, '.', '_', '+' and '-'"
}
