// What stands where something else was expected, recognised and worded.

extension JSONParser {
  /// JSON has no comments, but people are used to them from everywhere else.
  func problemWithComment(at index: Int, in bytes: Span<UInt8>) -> String? {
    let next = index + 1 < bytes.count ? bytes[index + 1] : 0
    switch (bytes[index], next) {
    case (UInt8(ascii: "#"), _),
      (UInt8(ascii: "/"), UInt8(ascii: "/")),
      (UInt8(ascii: "/"), UInt8(ascii: "*")):
      return "JSON has no comments; remove this one"
    default: return nil
    }
  }

  /// A word where a value belongs: what other languages call true, false or null, or a string without its quotes.
  func problemWithWord(at index: Int, in bytes: Span<UInt8>) -> String? {
    let word = word(at: index, in: bytes)
    guard !word.isEmpty else { return nil }
    if let problem = problemWithNotANumber(word) { return problem }
    switch word.lowercased() {
    case "true", "yes", "on": return "\(word) is not JSON; write true"
    case "false", "no", "off": return "\(word) is not JSON; write false"
    case "null", "none", "nil", "undefined": return "\(word) is not JSON; write null"
    case let other:
      if ["true", "false"].contains(where: { isSlip(other, of: $0) }) {
        return "\(word) is not JSON; write true or false, or \(quoted(word)) for a string"
      }
      return "a string stands in double quotes; write \(quoted(word))"
    }
  }

  /// Whether a letter too many, too few or wrong, or two that changed places, make `word` of `meant`.
  private func isSlip(_ word: String, of meant: String) -> Bool {
    let (word, meant) = (Array(word.utf8), Array(meant.utf8))
    guard abs(word.count - meant.count) <= 1 else { return false }
    let same = zip(word, meant).prefix { $0 == $1 }.count
    let (restOfWord, restOfMeant) = (word.dropFirst(same), meant.dropFirst(same))
    let sameAtEnd = zip(restOfWord.reversed(), restOfMeant.reversed()).prefix { $0 == $1 }.count
    let (wrong, right) = (restOfWord.dropLast(sameAtEnd), restOfMeant.dropLast(sameAtEnd))
    return max(wrong.count, right.count) <= 1 || wrong.count == 2 && wrong.elementsEqual(right.reversed())
  }

  func problemWithNotANumber(_ word: String) -> String? {
    switch word.lowercased().drop(while: { $0 == "-" || $0 == "+" }) {
    case "nan", "infinity", "inf": "JSON has no \(word); write a number or null"
    default: nil
    }
  }

  /// A character that begins nothing.
  func problemWithCharacter(at index: Int, in bytes: Span<UInt8>) -> String {
    if let problem = problemWithComment(at: index, in: bytes) { return problem }
    guard let scalar = scalar(at: index, in: bytes) else { return problemWithEncoding(at: index, in: bytes) }
    switch scalar {
    case "'", "`", "\u{AB}", "\u{BB}", "\u{2018}"..."\u{201F}", "\u{2039}", "\u{203A}":
      return "keys and strings stand in straight double quotes; write \" instead of \(scalar)"
    case "\0"..<" ", "\u{7F}"...:
      return "the character \(named(scalar.value)) has no place here; remove it, or put it in a string"
    default:
      return "\(scalar) has no place here; a value is a string in double quotes, a number, true, false, null, {} or []"
    }
  }

  func problemWithEncoding(at index: Int, in bytes: Span<UInt8>) -> String {
    if index == 0, bytes.count > 1, (bytes[0], bytes[1]) == (0xFF, 0xFE) || (bytes[0], bytes[1]) == (0xFE, 0xFF) {
      return "this is UTF-16; save it as UTF-8"
    }
    return "the byte 0x\(hexadecimal(UInt32(bytes[index]), digits: 2)) here is not UTF-8; save the text as UTF-8"
  }

  /// The longest run of letters, digits and what numbers are made of; empty if none begins here.
  func word(at index: Int, in bytes: Span<UInt8>) -> String {
    var word: [UInt8] = []
    var end = index
    while end < bytes.count, isPartOfWord(bytes[end]) {
      word.append(bytes[end])
      end += 1
    }
    return String(decoding: word, as: UTF8.self)
  }

  private func scalar(at index: Int, in bytes: Span<UInt8>) -> Unicode.Scalar? {
    for length in 1...4 where index + length <= bytes.count {
      if let text = try? UTF8Span(validating: bytes.extracting(index..<index + length)) {
        return String(copying: text).unicodeScalars.first
      }
    }
    return nil
  }

  func shown(byteAt index: Int, in bytes: Span<UInt8>) -> Character { Character(Unicode.Scalar(bytes[index])) }

  /// A piece of the document inside a problem, which has to stay one readable line.
  func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.appendJSON(string: shortened(text))
    return String(decoding: bytes, as: UTF8.self)
  }

  func shortened(_ text: String) -> String {
    let lengthMax = 60
    guard text.unicodeScalars.count > lengthMax else { return text }
    return String(text.unicodeScalars.prefix(lengthMax)) + "…"
  }

  func named(_ byte: UInt8) -> String { named(UInt32(byte)) }
  func named(_ scalar: UInt32) -> String { "U+\(hexadecimal(scalar, digits: 4))" }
  func escape(_ byte: UInt8) -> String { "\\u\(hexadecimal(UInt32(byte), digits: 4))" }

  private func hexadecimal(_ number: UInt32, digits: Int) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
  }
}

/// Whether a byte joins a word or number that it stands directly behind.
func isPartOfWord(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
    true
  default: false
  }
}
