/// Where the members of a JSON document are, and the elements of the one list that makes up nearly all of it.
///
/// It only tells strings from brackets, so it goes through a large file in one pass and keeps 24 bytes an element. What it
/// cuts out is parsed piece by piece, each for itself; where it cannot cut, the document is not what it should
/// be, and a whole parse says why.
struct JSONOutline {
  struct Member {
    /// With the quotation marks.
    var name: Range<Int>
    var value: Range<Int>
    var line: Int
  }

  struct Element {
    var range: Range<Int>
    var line: Int
  }

  private(set) var members: [Member] = []
  /// The elements of the list; nil where there is no list of that name.
  private(set) var elements: [Element]?

  private let list: [UInt8]
  private var position = 0
  private var line = 1

  /// nil for what is no object, or not cut as JSON is.
  init?(of bytes: Span<UInt8>, list: String) {
    self.list = Array("\"\(list)\"".utf8)
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    guard readObject(in: bytes) else { return nil }
    skipWhiteSpace(in: bytes)
    guard position == bytes.count else { return nil }
  }

  private mutating func readObject(in bytes: Span<UInt8>) -> Bool {
    guard skip("{", in: bytes) else { return false }
    if skip("}", in: bytes) { return true }
    while true {
      skipWhiteSpace(in: bytes)
      let line = line
      let nameStart = position
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\""), skipString(in: bytes) else { return false }
      let name = nameStart..<position
      guard skip(":", in: bytes) else { return false }
      skipWhiteSpace(in: bytes)
      let valueStart = position
      let isList = position < bytes.count && bytes[position] == UInt8(ascii: "[") && isListName(name, in: bytes)
      guard isList ? readList(in: bytes) : skipValue(in: bytes) else { return false }
      members.append(Member(name: name, value: valueStart..<position, line: line))
      if skip("}", in: bytes) { return true }
      guard skip(",", in: bytes) else { return false }
    }
  }

  private func isListName(_ name: Range<Int>, in bytes: Span<UInt8>) -> Bool {
    guard elements == nil, name.count == list.count else { return false }
    for (index, byte) in list.enumerated() where bytes[name.lowerBound + index] != byte { return false }
    return true
  }

  private mutating func readList(in bytes: Span<UInt8>) -> Bool {
    var found: [Element] = []
    guard skip("[", in: bytes) else { return false }
    if !skip("]", in: bytes) {
      repeat {
        skipWhiteSpace(in: bytes)
        let start = position
        let line = line
        guard skipValue(in: bytes) else { return false }
        found.append(Element(range: start..<position, line: line))
      } while skip(",", in: bytes)
      guard skip("]", in: bytes) else { return false }
    }
    elements = found
    return true
  }

  /// Passes over one value, however deep.
  private mutating func skipValue(in bytes: Span<UInt8>) -> Bool {
    var depth = 0
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        guard skipString(in: bytes) else { return false }
        if depth == 0 { return true }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return position > start }
        depth -= 1
        position += 1
        if depth == 0 { return true }
      case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
        if depth == 0 { return position > start }
        if bytes[position] == UInt8(ascii: "\n") { line += 1 }
        position += 1
      default:
        position += 1
      }
    }
    return false
  }

  private mutating func skipString(in bytes: Span<UInt8>) -> Bool {
    position += 1
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return true
      case UInt8(ascii: "\\"): position += 2
      case UInt8(ascii: "\n"): return false
      default: position += 1
      }
    }
    return false
  }

  private mutating func skip(_ character: Unicode.Scalar, in bytes: Span<UInt8>) -> Bool {
    skipWhiteSpace(in: bytes)
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipWhiteSpace(in bytes: Span<UInt8>) {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\n"): line += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
      default: return
      }
      position += 1
    }
  }
}
