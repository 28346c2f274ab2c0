/// An e-mail address as this server takes them: one `@` with something on both sides, beginning with a letter or
/// digit, of `A-Za-z0-9._+-`, at most 254 bytes (RFC 5321 section 4.5.3.1). Unique without regard to case.
package struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
  package static let lengthMax = 254

  package let text: String
  /// `text` in lower case: what addresses are compared by.
  package let key: String

  package init?(_ text: String) {
    let bytes = text.utf8
    guard bytes.count <= EmailAddress.lengthMax, let first = bytes.first, first.isASCIILetterOrDigit else { return nil }
    var position = 0
    var at: Int?
    var hasUpperCase = false
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "@"):
        guard at == nil else { return nil }
        at = position
      case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"): break
      default:
        guard byte.isASCIILetterOrDigit else { return nil }
        if byte.isASCIIUpperCase { hasUpperCase = true }
      }
      position += 1
    }
    guard let at, at > 0, at < position - 1 else { return nil }
    self.text = text
    key = hasUpperCase ? text.lowercased() : text
  }

  package var description: String { text }
  package static func == (left: EmailAddress, right: EmailAddress) -> Bool { left.key == right.key }
  package func hash(into hasher: inout Hasher) { hasher.combine(key) }

  package static let rule =
    "one '@', beginning with a letter or digit, of letters, digits, '.', '_', '+' and '-'"
}
