import ChatProtocol

/// What a search looks for, in the form in which the log writes texts, so that nearly every line is passed over without
/// being parsed.
struct SearchedText {
  private let text: FoldedText
  /// `text` as it stands between the quotation marks of a line.
  private let written: FoldedText
  private let isASCII: Bool

  init(_ text: String) {
    self.text = FoldedText(text)
    var escaped = ""
    for character in text.unicodeScalars {
      if character == "\"" || character == "\\" { escaped.unicodeScalars.append("\\") }
      escaped.unicodeScalars.append(character)
    }
    written = FoldedText(escaped)
    isASCII = written.utf8.allSatisfy { $0 < 0x80 }
  }

  /// False only where the text is not in the line; a line of more than ASCII may have to be looked at in full.
  func mayOccur(in line: Span<UInt8>, textStart: Int) -> Bool {
    let bytes = line.extracting(textStart...)
    if written.occurs(inFolded: bytes) { return true }
    for index in bytes.indices where bytes[index] >= 0x80 {
      if !isASCII || Self.foldsToASCII(bytes, at: index) { return true }
    }
    return false
  }

  /// Of all characters beyond ASCII, these alone have one of ASCII in their folded form: the Kelvin sign (k), the capital I
  /// with a dot (i and the dot), the Greek question mark (;) and the Greek varia (`).
  private static func foldsToASCII(_ bytes: Span<UInt8>, at index: Int) -> Bool {
    func isFollowed(by rest: UInt8...) -> Bool {
      index + rest.count < bytes.count && rest.indices.allSatisfy { bytes[index + 1 + $0] == rest[$0] }
    }
    return switch bytes[index] {
    case 0xE2: isFollowed(by: 0x84, 0xAA)
    case 0xC4: isFollowed(by: 0xB0)
    case 0xCD: isFollowed(by: 0xBE)
    case 0xE1: isFollowed(by: 0xBF, 0xAF)
    default: false
    }
  }

  /// Whether it stands in a whole line, as the log writes it.
  func occurs(inLine line: String) -> Bool { written.occurs(in: line) }

  func occurs(in text: String) -> Bool { self.text.occurs(in: text) }
}
