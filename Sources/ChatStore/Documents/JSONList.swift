import JSON

/// A JSON document that is mainly one list (`rooms.json`, `state.json`): the members around the list, and the entries in it as text,
/// in their order, unknown ones included.
struct JSONList: Sendable {
  private struct Member: Sendable {
    var name: String
    /// The value's text; not used for the list.
    var text: [UInt8]
    var line: Int
  }

  private let list: String
  private var members: [Member]
  var records: TextRecords

  /// An empty list, and members before it.
  init(list: String, before members: [(String, JSONValue)]) {
    self.list = list
    self.members = members.map { Member(name: $0.0, text: $0.1.compact, line: 0) }
    self.members.append(Member(name: list, text: [], line: 0))
    records = TextRecords(read: [])
  }

  /// The text of an entry in the file.
  struct Piece {
    fileprivate let element: JSONOutline.Element

    /// The line where it begins.
    var line: Int { element.line }

    /// Where its text is.
    var range: Range<Int> { element.range }

    /// Parses the entry alone, with lines from 1.
    func parsed(in bytes: [UInt8]) throws(JSONError) -> JSONValue { try JSONList.piece(element.range, of: bytes) }
  }

  /// Reads a document and calls `body` with each entry and its record's number. Throws an error of the document itself.
  init(
    parsing bytes: [UInt8], list: String, entry body: (Piece, _ record: Int) throws(JSONError) -> Void
  ) throws(JSONError) {
    self.list = list
    members = []
    records = TextRecords(read: bytes)
    guard let outline = JSONOutline(of: bytes.span, list: list), let elements = outline.elements else {
      throw Self.whyNotCut(bytes, list: list)
    }
    for member in outline.members {
      guard case .string(let name) = try Self.piece(member.name, of: bytes).content,
        !members.contains(where: { $0.name.utf8.elementsEqual(name.utf8) })
      else { throw Self.whyNotCut(bytes, list: list) }
      let isList = name == list
      if !isList { _ = try Self.piece(member.value, of: bytes) }
      members.append(Member(name: name, text: isList ? [] : Array(bytes[member.value]), line: member.line))
    }
    records.reserveCapacity(elements.count)
    for element in elements {
      try body(Piece(element: element), records.append(range: element.range))
    }
  }

  /// A member beside the list, with its line.
  func value(of name: String) -> (value: JSONValue, line: Int)? {
    guard let member = members.first(where: { $0.name == name && name != list }),
      let value = try? JSONValue(parsing: member.text)
    else { return nil }
    return (value, member.line)
  }

  /// The names of the members with their lines.
  var memberNames: [(name: String, line: Int)] { members.map { ($0.name, $0.line) } }

  /// Sets a member beside the list; a new one is inserted before the list.
  mutating func set(_ name: String, _ value: JSONValue) {
    set(name, text: value.compact)
  }

  /// Sets a member that is a list too, in the same layout.
  mutating func set(_ name: String, entries: [JSONValue]) {
    var text: [UInt8] = []
    for entry in entries {
      text += (text.isEmpty ? "[\n    " : ",\n    ").utf8
      text += JSONList.text(ofEntry: entry)
    }
    set(name, text: text + (text.isEmpty ? "[]" : "\n  ]").utf8)
  }

  private mutating func set(_ name: String, text: [UInt8]) {
    precondition(name != list, "entries are set one by one")
    if let index = members.firstIndex(where: { $0.name == name }) {
      members[index].text = text
    } else {
      let index = members.firstIndex { $0.name == list } ?? members.endIndex
      members.insert(Member(name: name, text: text, line: 0), at: index)
    }
  }

  /// Passes the document to `body`, piece by piece.
  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    var text = Array("{".utf8)
    for (number, member) in members.enumerated() {
      if number > 0 { text.append(UInt8(ascii: ",")) }
      text += "\n  ".utf8
      text.appendJSON(string: member.name)
      text += ": ".utf8
      if member.name == list {
        try body(text[...])
        text = []
        try writeList(body)
      } else {
        text += member.text
      }
    }
    text += "\n}\n".utf8
    try body(text[...])
  }

  private func writeList<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    let first = Array("[\n    ".utf8)
    let next = Array(",\n    ".utf8)
    var isEmpty = true
    for record in 0..<records.count where !records.isRemoved(record) {
      try body(isEmpty ? first[...] : next[...])
      try body(records.text(of: record))
      isEmpty = false
    }
    try body(Array((isEmpty ? "[]" : "\n  ]").utf8)[...])
  }

  /// The text of an entry in the list, indented.
  static func text(ofEntry value: JSONValue) -> [UInt8] {
    var text: [UInt8] = []
    for byte in value.pretty.dropLast() {
      text.append(byte)
      // Line ends in strings are escaped.
      if byte == UInt8(ascii: "\n") { text += "    ".utf8 }
    }
    return text
  }

  private static func piece(_ range: Range<Int>, of bytes: [UInt8]) throws(JSONError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: Array(bytes[range]))
    } catch {
      // A parse of the whole file gives the error's line in the file.
      _ = try JSONValue(parsing: bytes)
      throw error
    }
  }

  /// Why there is no outline: the error of a whole parse, or else what the document lacks.
  private static func whyNotCut(_ bytes: [UInt8], list: String) -> JSONError {
    do throws(JSONError) {
      let value = try JSONValue(parsing: bytes)
      guard let members = value.members else {
        return JSONError(
          line: value.line, column: 1, problem: "the file must be a JSON object; it begins with { and ends with }")
      }
      if let member = members.first(where: { $0.name == list }) {
        return JSONError(
          line: member.line, column: 1, problem: "\"\(list)\" must be a list; write [ ] around its entries")
      }
      return JSONError(
        line: value.line, column: 1, problem: "the list \"\(list)\" is missing; write \"\(list)\": [] for an empty list"
      )
    } catch {
      return error
    }
  }
}

/// The ranges of the members of a JSON document, and of the elements of its main list.
///
/// It only distinguishes strings and brackets, so it reads a large file in one pass, with 24 bytes an element. Each piece is parsed
/// by itself. Where there is no outline the document is invalid, and a whole parse tells why.
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
  /// The elements of the list; nil where it is missing.
  private(set) var elements: [Element]?

  private let list: [UInt8]
  private var position = 0
  private var line = 1

  /// nil for what is no JSON object.
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
