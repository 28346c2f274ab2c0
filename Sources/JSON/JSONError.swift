/// Why bytes are not a JSON document, for the person who wrote them.
package struct JSONError: Error, Equatable, Sendable {
  /// The line to fix, from 1. An unclosed bracket or string is reported where it begins.
  package var line: Int

  /// The column in that line, from 1, in Unicode scalars.
  package var column: Int

  /// What is wrong and how to fix it: one sentence on one line. It may quote the document, shortened and escaped.
  package var problem: String

  package init(line: Int, column: Int, problem: String) {
    self.line = line
    self.column = column
    self.problem = problem
  }

  /// Counts lines and columns only for an error, so that a valid document has no cost.
  init(_ problem: String, at offset: Int, in bytes: Span<UInt8>) {
    var line = 1
    var column = 1
    for index in 0..<Swift.min(offset, bytes.count) {
      if bytes[index] == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if bytes[index] & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.init(line: line, column: column, problem: problem)
  }
}

// MARK: The sentence for each error

extension JSONParser {
  func errorInPlaceOfValue(in bytes: Span<UInt8>) -> JSONError {
    let problem =
      switch bytes[position] {
      case UInt8(ascii: ","): "a value is missing before this comma; put one or remove the comma"
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        "a value is missing before the closing \(shown(byteAt: position, in: bytes)); put one or remove what leads to it"
      case UInt8(ascii: "+"): "a number has no + before it; remove the +"
      case UInt8(ascii: "."): "a number does not begin with a point; write 0 before it"
      default: problemWithWord(at: position, in: bytes) ?? problemWithCharacter(at: position, in: bytes)
      }
    return JSONError(problem, at: position, in: bytes)
  }

  func errorInPlaceOfKey(in bytes: Span<UInt8>) -> JSONError {
    let word = word(at: position, in: bytes)
    let problem =
      switch bytes[position] {
      case UInt8(ascii: ","): "there is a comma too many here; remove it"
      case UInt8(ascii: "]"): "an object is closed with }, not with ]"
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        "a key is missing before this \(shown(byteAt: position, in: bytes)); members are written \"key\": value"
      case _ where !word.isEmpty: "a key needs double quotes; write \(quoted(word))"
      default: problemWithCharacter(at: position, in: bytes)
      }
    return JSONError(problem, at: position, in: bytes)
  }

  func errorInPlaceOfColon(after name: String, at keyEnd: Int, in bytes: Span<UInt8>) -> JSONError {
    if let problem = problemWithComment(at: position, in: bytes) {
      return JSONError(problem, at: position, in: bytes)
    }
    let problem = "after the key \(quoted(name)) a colon and a value are missing; write \(quoted(name)): value"
    return JSONError(problem, at: keyEnd, in: bytes)
  }

  func errorAfterElement(
    endingAt elementEnd: Int, of container: Container, from start: Int, in bytes: Span<UInt8>
  ) -> JSONError {
    let byte = bytes[position]
    if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
      let line = JSONError("", at: start, in: bytes).line
      let close = Character(Unicode.Scalar(container.close))
      let problem =
        "the \(container) that begins on line \(line) is closed with \(close), not with "
        + "\(shown(byteAt: position, in: bytes)); one of the two brackets is wrong or one is missing"
      return JSONError(problem, at: position, in: bytes)
    }
    if let problem = problemWithComment(at: position, in: bytes) {
      return JSONError(problem, at: position, in: bytes)
    }
    if container == .array, byte == UInt8(ascii: ":") {
      return JSONError("an array has no keys; write an object in {} or remove the key", at: position, in: bytes)
    }
    // The place to fix is after the value, often a line above what was found instead.
    let problem = "a comma is missing here, or a quotation mark or bracket before"
    return JSONError(problem, at: elementEnd, in: bytes)
  }

  func errorAfterDocument(in bytes: Span<UInt8>) -> JSONError {
    let problem =
      problemWithComment(at: position, in: bytes) ?? "the document ends before this; remove what follows or one bracket"
    return JSONError(problem, at: position, in: bytes)
  }

  func errorOfTrailingComma(at comma: Int, before close: UInt8, in bytes: Span<UInt8>) -> JSONError {
    let close = Character(Unicode.Scalar(close))
    return JSONError("a comma before the closing \(close) is not allowed; remove it", at: comma, in: bytes)
  }

  func errorOfUnclosed(_ container: Container, from start: Int, in bytes: Span<UInt8>) -> JSONError {
    let close = Character(Unicode.Scalar(container.close))
    let problem = "the \(container) that begins here is never closed; put the missing \(close)"
    return JSONError(problem, at: start, in: bytes)
  }

  func errorOfDuplicate(_ name: String, at key: Int, in bytes: Span<UInt8>) -> JSONError {
    JSONError("the key \(quoted(name)) appears twice in this object; keep one", at: key, in: bytes)
  }

  func errorOfDepth(in bytes: Span<UInt8>) -> JSONError {
    JSONError("brackets nest deeper than \(Self.depthMax) levels here; nest fewer", at: position, in: bytes)
  }

  func errorOfUnclosedString(at start: Int, in bytes: Span<UInt8>) -> JSONError {
    JSONError("the string that begins here has no closing quotation mark on its line; put one", at: start, in: bytes)
  }

  func errorOfControl(at index: Int, ofStringAt start: Int, in bytes: Span<UInt8>) -> JSONError {
    switch bytes[index] {
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"): errorOfUnclosedString(at: start, in: bytes)
    case UInt8(ascii: "\t"): JSONError("a tab inside a string is written \\t", at: index, in: bytes)
    case let byte:
      JSONError("the control character \(named(byte)) inside a string is written \(escape(byte))", at: index, in: bytes)
    }
  }

  func errorOfEscape(at index: Int, in bytes: Span<UInt8>) -> JSONError {
    let problem =
      "\\ begins an escape, and this is none of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uHHHH; write \\\\ for \\ itself"
    return JSONError(problem, at: index, in: bytes)
  }

  func errorOfUnicodeEscape(at index: Int, in bytes: Span<UInt8>) -> JSONError {
    JSONError("\\u takes four hexadecimal digits, as in \\u00e9; write \\\\ for \\ itself", at: index, in: bytes)
  }

  func errorOfLoneSurrogate(at index: Int, in bytes: Span<UInt8>) -> JSONError {
    let problem =
      "this \\u escape is half of a surrogate pair without its other half; write the character itself or both halves"
    return JSONError(problem, at: index, in: bytes)
  }

  func errorOfEncoding(at index: Int, in bytes: Span<UInt8>) -> JSONError {
    JSONError(problemWithEncoding(at: index, in: bytes), at: index, in: bytes)
  }

  func errorOfNumber(at start: Int, in bytes: Span<UInt8>) -> JSONError {
    let word = word(at: start, in: bytes)
    let digits = word.drop { $0 == "-" }
    let problem: String
    if let other = problemWithNotANumber(word) {
      problem = other
    } else if digits.count > 1, digits.first == "0", digits.allSatisfy(\.isNumber) {
      let mended = digits.drop { $0 == "0" }
      let sign = word.hasPrefix("-") ? "-" : ""
      problem = "a number has no leading zeros; write \(sign)\(mended.isEmpty ? "0" : shortened(String(mended)))"
    } else {
      problem =
        "\(shortened(word)) is not a number; write one as 42, -7 or 2.5e3, or put double quotes around it for a string"
    }
    return JSONError(problem, at: start, in: bytes)
  }
}

// MARK: Common mistakes

extension JSONParser {
  /// People are used to comments from other formats.
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

  /// A word where a value belongs: true, false or null of another language, or a string without its quotes.
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
      return "a string needs double quotes; write \(quoted(word))"
    }
  }

  /// Whether `word` differs from `meant` by one letter added, missing or wrong, or two swapped.
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

  /// A character that begins no value.
  func problemWithCharacter(at index: Int, in bytes: Span<UInt8>) -> String {
    if let problem = problemWithComment(at: index, in: bytes) { return problem }
    guard let scalar = scalar(at: index, in: bytes) else { return problemWithEncoding(at: index, in: bytes) }
    switch scalar {
    case "'", "`", "\u{AB}", "\u{BB}", "\u{2018}"..."\u{201F}", "\u{2039}", "\u{203A}":
      return "keys and strings need straight double quotes; write \" instead of \(scalar)"
    case "\0"..<" ", "\u{7F}"...:
      return "the character \(named(scalar.value)) is not allowed here; remove it, or put it in a string"
    default:
      return
        "\(scalar) is not allowed here; a value is a string in double quotes, a number, true, false, null, {} or []"
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

  /// A part of the document, short enough for a line.
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

/// Whether a byte continues a word or a number.
func isPartOfWord(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
    true
  default: false
  }
}
