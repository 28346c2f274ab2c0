extension JSONParser {
  /// The string at `position`, a quotation mark.
  mutating func string(in bytes: Span<UInt8>) throws(JSONError) -> String {
    let start = position
    var index = position + 1
    // A string without escapes, nearly every one, is made from the document's own bytes.
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        position = index + 1
        return try text(in: bytes, start + 1..<index)
      }
      if byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      index += 1
    }
    return try stringWithEscapes(in: bytes, from: start, firstEscape: index)
  }

  private mutating func stringWithEscapes(
    in bytes: Span<UInt8>, from start: Int, firstEscape: Int
  ) throws(JSONError) -> String {
    scratch.removeAll(keepingCapacity: true)
    var runStart = start + 1
    var index = firstEscape
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        try appendRun(in: bytes, runStart..<index)
        position = index + 1
        return String(decoding: scratch, as: UTF8.self)
      case UInt8(ascii: "\\"):
        try appendRun(in: bytes, runStart..<index)
        index = try appendEscape(in: bytes, at: index, ofStringAt: start)
        runStart = index
      case 0..<0x20:
        throw faultOfControl(at: index, ofStringAt: start, in: bytes)
      default:
        index += 1
      }
    }
    throw faultOfUnclosedString(at: start, in: bytes)
  }

  private mutating func appendRun(in bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) {
    guard !range.isEmpty else { return }
    scratch.append(contentsOf: try text(in: bytes, range).utf8)
  }

  /// Appends the character that the escape at `index` stands for; the offset behind the escape.
  private mutating func appendEscape(
    in bytes: Span<UInt8>, at index: Int, ofStringAt start: Int
  ) throws(JSONError) -> Int {
    guard index + 1 < bytes.count else { throw faultOfUnclosedString(at: start, in: bytes) }
    switch bytes[index + 1] {
    case UInt8(ascii: "\""): scratch.append(UInt8(ascii: "\""))
    case UInt8(ascii: "\\"): scratch.append(UInt8(ascii: "\\"))
    case UInt8(ascii: "/"): scratch.append(UInt8(ascii: "/"))
    case UInt8(ascii: "b"): scratch.append(0x08)
    case UInt8(ascii: "f"): scratch.append(0x0C)
    case UInt8(ascii: "n"): scratch.append(0x0A)
    case UInt8(ascii: "r"): scratch.append(0x0D)
    case UInt8(ascii: "t"): scratch.append(0x09)
    case UInt8(ascii: "u"): return try appendUnicodeEscape(in: bytes, at: index)
    default: throw faultOfEscape(at: index, in: bytes)
    }
    return index + 2
  }

  /// `\uHHHH`, or two of them that make one scalar beyond U+FFFF (RFC 8259, section 7).
  private mutating func appendUnicodeEscape(in bytes: Span<UInt8>, at index: Int) throws(JSONError) -> Int {
    guard let unit = fourHexadecimals(in: bytes, at: index + 2) else {
      throw faultOfUnicodeEscape(at: index, in: bytes)
    }
    if let scalar = Unicode.Scalar(unit) {
      scratch.append(contentsOf: UTF8.encode(scalar)!)
      return index + 6
    }
    guard
      UTF16.isLeadSurrogate(unit), index + 7 < bytes.count,
      bytes[index + 6] == UInt8(ascii: "\\"), bytes[index + 7] == UInt8(ascii: "u"),
      let trail = fourHexadecimals(in: bytes, at: index + 8), UTF16.isTrailSurrogate(trail)
    else { throw faultOfLoneSurrogate(at: index, in: bytes) }
    let scalar = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF))
    scratch.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar)!)!)
    return index + 12
  }

  private func fourHexadecimals(in bytes: Span<UInt8>, at index: Int) -> UInt16? {
    guard index + 4 <= bytes.count else { return nil }
    var unit: UInt16 = 0
    for offset in index..<index + 4 {
      guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else { return nil }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  /// The source text of the number at `position`, a digit or a minus sign.
  mutating func number(in bytes: Span<UInt8>) throws(JSONError) -> String {
    let start = position
    var index = start
    if bytes[index] == UInt8(ascii: "-") { index += 1 }
    let integer = index
    index = skipDigits(in: bytes, from: index)
    guard index > integer, index == integer + 1 || bytes[integer] != UInt8(ascii: "0") else {
      throw faultOfNumber(at: start, in: bytes)
    }
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      let fraction = index + 1
      index = skipDigits(in: bytes, from: fraction)
      guard index > fraction else { throw faultOfNumber(at: start, in: bytes) }
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
      let exponent = index
      index = skipDigits(in: bytes, from: exponent)
      guard index > exponent else { throw faultOfNumber(at: start, in: bytes) }
    }
    guard index == bytes.count || !isPartOfWord(bytes[index]) else { throw faultOfNumber(at: start, in: bytes) }
    position = index
    return try text(in: bytes, start..<index)
  }

  private func skipDigits(in bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 { index += 1 }
    return index
  }

  /// These bytes of the document as a String, which they must be in UTF-8.
  private func text(in bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
    do throws(UTF8.ValidationError) {
      return String(copying: try UTF8Span(validating: bytes.extracting(range)))
    } catch {
      throw faultOfEncoding(at: range.lowerBound + error.byteOffsets.lowerBound, in: bytes)
    }
  }
}
