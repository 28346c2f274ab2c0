extension JSONValue {
  /// Reads a whole document: one value, white space around it, nothing else. A byte-order mark at the start is passed
  /// over. Stricter than RFC 8259 in three things: a key that stands twice in an object, a lone surrogate and nesting
  /// deeper than `JSONParser.depthMax` are faults.
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    var parser = JSONParser()
    self = try parser.document(in: bytes.span)
  }
}

/// Recursive descent over the bytes of one document, which every method takes as a parameter (a Span is passed down
/// for nothing, but cannot be stored). Faults are worded elsewhere, in JSONParser+Faults.swift, off the hot path.
struct JSONParser {
  /// Deeper than any file of ours, shallow enough for the smallest stack: the parser, the writer and the release of a
  /// value all recurse.
  static let depthMax = 64

  /// The offset of the next byte to read and the line it is on.
  var position = 0
  var line = 1

  /// Where strings with escapes are put together; kept to save an allocation each.
  var scratch: [UInt8] = []

  mutating func document(in bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    skipWhiteSpace(in: bytes)
    guard position < bytes.count else {
      throw JSONError("there is nothing here; the smallest document is {}", at: 0, in: bytes)
    }
    let value = try value(in: bytes, depth: 0)
    skipWhiteSpace(in: bytes)
    guard position == bytes.count else { throw faultAfterDocument(in: bytes) }
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
    throw faultInPlaceOfValue(in: bytes)
  }

  private mutating func object(in bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONMember] {
    let start = position
    guard depth <= Self.depthMax else { throw faultOfDepth(in: bytes) }
    position += 1
    skipWhiteSpace(in: bytes)
    if try next(in: bytes, of: .object, from: start) == UInt8(ascii: "}") {
      position += 1
      return []
    }
    var members: [JSONMember] = []
    var names = NamesSeen()
    while true {
      guard bytes[position] == UInt8(ascii: "\"") else { throw faultInPlaceOfKey(in: bytes) }
      let key = position
      let keyLine = line
      let name = try string(in: bytes)
      guard names.insert(name, after: members) else { throw faultOfDuplicate(name, at: key, in: bytes) }
      let keyEnd = position
      skipWhiteSpace(in: bytes)
      guard try next(in: bytes, of: .object, from: start) == UInt8(ascii: ":") else {
        throw faultInPlaceOfColon(after: name, at: keyEnd, in: bytes)
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
    guard depth <= Self.depthMax else { throw faultOfDepth(in: bytes) }
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

  /// Reads what follows an element: the closing bracket, or a comma with the beginning of the next element behind it.
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
      guard byte != container.close else { throw faultOfTrailingComma(at: comma, before: byte, in: bytes) }
      return false
    default:
      throw faultAfterElement(endingAt: elementEnd, of: container, from: start, in: bytes)
    }
  }

  /// The byte at `position`, not passed over. At the end of the document the container that began at `start` was never
  /// closed, and that is where the fault is.
  private func next(in bytes: Span<UInt8>, of container: Container, from start: Int) throws(JSONError) -> UInt8 {
    guard position < bytes.count else { throw faultOfUnclosed(container, from: start, in: bytes) }
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

  /// Passes over a word if it stands here whole: "nullable" does not begin with null.
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
