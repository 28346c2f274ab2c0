extension JSONValue {
  /// Parses a document: one value, with white space around it. A byte-order mark at the start is skipped. Stricter than RFC 8259 in
  /// three things: a key that appears twice in an object, a lone surrogate, and nesting deeper than `JSONParser.depthMax` are errors.
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    var parser = JSONParser()
    self = try parser.document(in: bytes.span)
  }
}

/// Recursive descent over the bytes of one document, which every method takes as a parameter, because a Span cannot be stored. The
/// sentences for errors are in JSONError.swift, off the hot path.
struct JSONParser {
  /// Deeper than any of our files, shallow enough for the smallest stack: parser, writer and release of a value recurse.
  static let depthMax = 64

  /// The offset of the next byte to read and the line it is on.
  var position = 0
  var line = 1

  /// For strings with escapes; reused to save an allocation each.
  var scratch: [UInt8] = []

  mutating func document(in bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    skipWhiteSpace(in: bytes)
    guard position < bytes.count else {
      throw JSONError("the document is empty; the smallest one is {}", at: 0, in: bytes)
    }
    let value = try value(in: bytes, depth: 0)
    skipWhiteSpace(in: bytes)
    guard position == bytes.count else { throw errorAfterDocument(in: bytes) }
    return value
  }

  /// The value at `position`, which must be inside the document.
  private mutating func value(in bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
    let line = line
    switch bytes[position] {
    case UInt8(ascii: "\""):
      return JSONValue(.string(try string(in: bytes)), line: line)
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      return JSONValue(.number(try number(in: bytes)), line: line)
    case UInt8(ascii: "{"):
      return JSONValue(.object(try object(in: bytes, depth: depth + 1)), line: line)
    case UInt8(ascii: "["):
      return JSONValue(.array(try array(in: bytes, depth: depth + 1)), line: line)
    case UInt8(ascii: "t"):
      if skipWord("true", in: bytes) { return JSONValue(.bool(true), line: line) }
    case UInt8(ascii: "f"):
      if skipWord("false", in: bytes) { return JSONValue(.bool(false), line: line) }
    case UInt8(ascii: "n"):
      if skipWord("null", in: bytes) { return JSONValue(.null, line: line) }
    default: break
    }
    throw errorInPlaceOfValue(in: bytes)
  }

  private mutating func object(in bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONMember] {
    let start = position
    guard depth <= Self.depthMax else { throw errorOfDepth(in: bytes) }
    position += 1
    skipWhiteSpace(in: bytes)
    if try next(in: bytes, of: .object, from: start) == UInt8(ascii: "}") {
      position += 1
      return []
    }
    var members: [JSONMember] = []
    var names = NamesSeen()
    while true {
      guard bytes[position] == UInt8(ascii: "\"") else { throw errorInPlaceOfKey(in: bytes) }
      let key = position
      let keyLine = line
      let name = try string(in: bytes)
      guard names.insert(name, after: members) else { throw errorOfDuplicate(name, at: key, in: bytes) }
      let keyEnd = position
      skipWhiteSpace(in: bytes)
      guard try next(in: bytes, of: .object, from: start) == UInt8(ascii: ":") else {
        throw errorInPlaceOfColon(after: name, at: keyEnd, in: bytes)
      }
      position += 1
      skipWhiteSpace(in: bytes)
      _ = try next(in: bytes, of: .object, from: start)
      members.append(JSONMember(name: name, value: try value(in: bytes, depth: depth), line: keyLine))
      if try endsAfterElement(in: bytes, of: .object, from: start) { return members }
    }
  }

  private mutating func array(in bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONValue] {
    let start = position
    guard depth <= Self.depthMax else { throw errorOfDepth(in: bytes) }
    position += 1
    skipWhiteSpace(in: bytes)
    if try next(in: bytes, of: .array, from: start) == UInt8(ascii: "]") {
      position += 1
      return []
    }
    var elements: [JSONValue] = []
    while true {
      elements.append(try value(in: bytes, depth: depth))
      if try endsAfterElement(in: bytes, of: .array, from: start) { return elements }
    }
  }

  /// Reads what follows an element: the closing bracket, or a comma and the beginning of the next element.
  private mutating func endsAfterElement(
    in bytes: Span<UInt8>, of container: Container, from start: Int
  ) throws(JSONError) -> Bool {
    let elementEnd = position
    skipWhiteSpace(in: bytes)
    switch try next(in: bytes, of: container, from: start) {
    case container.close:
      position += 1
      return true
    case UInt8(ascii: ","):
      let comma = position
      position += 1
      skipWhiteSpace(in: bytes)
      let byte = try next(in: bytes, of: container, from: start)
      guard byte != container.close else { throw errorOfTrailingComma(at: comma, before: byte, in: bytes) }
      return false
    default:
      throw errorAfterElement(endingAt: elementEnd, of: container, from: start, in: bytes)
    }
  }

  /// The byte at `position`, not skipped. At the end of the document, the error is that the container that began at `start` is not
  /// closed.
  private func next(in bytes: Span<UInt8>, of container: Container, from start: Int) throws(JSONError) -> UInt8 {
    guard position < bytes.count else { throw errorOfUnclosed(container, from: start, in: bytes) }
    return bytes[position]
  }

  private mutating func skipWhiteSpace(in bytes: Span<UInt8>) {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
      case UInt8(ascii: "\n"): line += 1
      default: return
      }
      position += 1
    }
  }

  /// Skips a whole word: "nullable" does not begin with null.
  private mutating func skipWord(_ word: String, in bytes: Span<UInt8>) -> Bool {
    var end = position
    for letter in word.utf8 {
      guard end < bytes.count, bytes[end] == letter else { return false }
      end += 1
    }
    guard end == bytes.count || !isPartOfWord(bytes[end]) else { return false }
    position = end
    return true
  }
}

/// What has an opening and a closing bracket.
enum Container {
  case object, array

  var close: UInt8 { self == .object ? UInt8(ascii: "}") : UInt8(ascii: "]") }
}

// MARK: Strings and numbers

extension JSONParser {
  /// The string at `position`, a quotation mark.
  mutating func string(in bytes: Span<UInt8>) throws(JSONError) -> String {
    let start = position
    var index = position + 1
    // Most strings have no escapes and are copied from the document.
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
        throw errorOfControl(at: index, ofStringAt: start, in: bytes)
      default:
        index += 1
      }
    }
    throw errorOfUnclosedString(at: start, in: bytes)
  }

  private mutating func appendRun(in bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) {
    guard !range.isEmpty else { return }
    scratch.append(contentsOf: try text(in: bytes, range).utf8)
  }

  /// Appends the character of the escape at `index`; the offset after the escape.
  private mutating func appendEscape(
    in bytes: Span<UInt8>, at index: Int, ofStringAt start: Int
  ) throws(JSONError) -> Int {
    guard index + 1 < bytes.count else { throw errorOfUnclosedString(at: start, in: bytes) }
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
    default: throw errorOfEscape(at: index, in: bytes)
    }
    return index + 2
  }

  /// `\uHHHH`, or two of them that make one scalar beyond U+FFFF (RFC 8259, section 7).
  private mutating func appendUnicodeEscape(in bytes: Span<UInt8>, at index: Int) throws(JSONError) -> Int {
    guard let unit = fourHexadecimals(in: bytes, at: index + 2) else {
      throw errorOfUnicodeEscape(at: index, in: bytes)
    }
    if let scalar = Unicode.Scalar(unit) {
      scratch.append(contentsOf: UTF8.encode(scalar)!)
      return index + 6
    }
    guard
      UTF16.isLeadSurrogate(unit), index + 7 < bytes.count,
      bytes[index + 6] == UInt8(ascii: "\\"), bytes[index + 7] == UInt8(ascii: "u"),
      let trail = fourHexadecimals(in: bytes, at: index + 8), UTF16.isTrailSurrogate(trail)
    else { throw errorOfLoneSurrogate(at: index, in: bytes) }
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
      throw errorOfNumber(at: start, in: bytes)
    }
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      let fraction = index + 1
      index = skipDigits(in: bytes, from: fraction)
      guard index > fraction else { throw errorOfNumber(at: start, in: bytes) }
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
      let exponent = index
      index = skipDigits(in: bytes, from: exponent)
      guard index > exponent else { throw errorOfNumber(at: start, in: bytes) }
    }
    guard index == bytes.count || !isPartOfWord(bytes[index]) else { throw errorOfNumber(at: start, in: bytes) }
    position = index
    return try text(in: bytes, start..<index)
  }

  private func skipDigits(in bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 { index += 1 }
    return index
  }

  /// A part of the document as a String; it must be UTF-8.
  private func text(in bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
    do throws(UTF8.ValidationError) {
      return String(copying: try UTF8Span(validating: bytes.extracting(range)))
    } catch {
      throw errorOfEncoding(at: range.lowerBound + error.byteOffsets.lowerBound, in: bytes)
    }
  }
}

/// The names in an object so far, to find one that appears twice. Few names are compared one by one, many with a set. They are
/// compared by their bytes, as other JSON readers do (RFC 8259, section 8.3).
struct NamesSeen {
  private static let linearMax = 12
  private var set: Set<[UInt8]> = []

  /// False if one of these members has the name; else it is the next member's.
  mutating func insert(_ name: String, after members: [JSONMember]) -> Bool {
    if members.count < Self.linearMax { return !members.contains { isSameText($0.name, name) } }
    if set.isEmpty { for member in members { set.insert(Array(member.name.utf8)) } }
    return set.insert(Array(name.utf8)).inserted
  }
}
