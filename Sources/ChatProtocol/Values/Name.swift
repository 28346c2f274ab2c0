/// The name of a user or a room: 1 to 32 ASCII letters, digits, `_`, `-`, `.`, beginning with a letter or digit.
///
/// Two names are equal without regard to case; `text` keeps the case in which it was given.
package struct Name: Hashable, Sendable, CustomStringConvertible {
  package static let lengthMax = 32

  package let text: String
  /// `text` in lower case: what names are compared, hashed and sorted by.
  package let key: String

  package init?(_ text: String) {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= Name.lengthMax, first.isASCIILetterOrDigit else { return nil }
    var hasUpperCase = false
    for byte in bytes {
      guard
        byte.isASCIILetterOrDigit || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
      else { return nil }
      if byte.isASCIIUpperCase { hasUpperCase = true }
    }
    self.text = text
    key = hasUpperCase ? text.lowercased() : text
  }

  package var description: String { text }

  package static func == (left: Name, right: Name) -> Bool { left.key == right.key }

  package func hash(into hasher: inout Hasher) { hasher.combine(key) }

  /// The general room: always there, open to everybody, owned by nobody.
  package static let lobby = Name(known: "lobby")

  private init(known text: String) {
    self.text = text
    key = text
  }

  /// What a person is told whose name does not fit, after a word for what was named.
  package static let rule =
    "1 to 32 letters, digits, '_', '-' or '.', beginning with a letter or digit"
}

extension Name: Comparable {
  package static func < (left: Name, right: Name) -> Bool { left.key < right.key }
}

extension UInt8 {
  package var isASCIIDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  package var isASCIIUpperCase: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
  package var isASCIILetterOrDigit: Bool {
    isASCIIDigit || isASCIIUpperCase || (self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z"))
  }
}
