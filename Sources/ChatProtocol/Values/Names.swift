import Text

/// The name of a user or a room: 1 to 32 ASCII letters, digits, `_`, `-`, `.`, beginning with a letter or digit.
///
/// Equal without regard to case; `text` keeps the case as given.
package struct Name: Hashable, Sendable, CustomStringConvertible {
  package static let lengthMax = 32

  package let text: String
  /// `text` in lower case, to compare, hash and sort.
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

  /// The general room: always there, open to all, without an owner.
  package static let lobby = Name(known: "lobby")

  private init(known text: String) {
    self.text = text
    key = text
  }

  /// For an error, after the kind of name: `a name is`.
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

/// An e-mail address that this server accepts: one `@` with text on both sides, of `A-Za-z0-9._+-`, beginning with a letter or digit, at
/// most 254 bytes (RFC 5321, section 4.5.3.1). Equal without regard to case.
package struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
  package static let lengthMax = 254

  package let text: String
  /// `text` in lower case, for comparison.
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

/// What a server calls itself: a text of 1 to 64 bytes, without what `CleanText` would replace.
package enum ServerName {
  package static let bytesMax = 64

  package static func isValid(_ text: String) -> Bool {
    text.utf8.count <= bytesMax && !CleanText.isBlank(text) && CleanText.string(from: text) == text
  }

  /// For an error, after `must be`.
  package static let rule = "a text of 1 to \(bytesMax) bytes in quotation marks"
}

/// The name of a shared file: one path component, only for display. The server gives no file this name, and a client checks it again
/// before it does.
package struct FileName: Equatable, Sendable, CustomStringConvertible {
  package static let bytesMax = 255

  package let text: String

  /// nil if empty, too long, with a slash, `.` or `..`, or with what `CleanText` would replace.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard !bytes.isEmpty, bytes.count <= FileName.bytesMax, !bytes.contains(UInt8(ascii: "/")), text != ".",
      text != "..",
      CleanText.string(from: text) == text
    else { return nil }
    self.text = text
  }

  package var description: String { text }

  /// For an error, after `A file's name has`.
  package static let rule = "1 to 255 bytes and no slash"

  /// The name as one word that a shell leaves unchanged: letters, digits, `.`, `_` and `-`, with no dash or dot first. Any other
  /// character becomes `_`.
  package static func shellWord(of name: String) -> String {
    let word = String(
      String.UnicodeScalarView(
        name.unicodeScalars.map { scalar in
          let isPlain =
            scalar.isASCII && (UInt8(scalar.value).isASCIILetterOrDigit || "._-".unicodeScalars.contains(scalar))
          return isPlain ? scalar : "_"
        }))
    return word.first == "-" || word.first == "." ? "_" + word.dropFirst() : word
  }
}
