import JSON

/// A JSON document whose one list makes up nearly all of it (`rooms.json`, `state.json`): the members around the list and
/// the entries in it as their text, in their order, those that nobody here understands included.
struct JSONList: Sendable {
  private struct Member: Sendable {
    var name: String
    /// The value as it stands in the file; for the list it is not used.
    var text: [UInt8]
    var line: Int
  }

  private let list: String
  private var members: [Member]
  var records: TextRecords

  /// An empty list, and these before it.
  init(list: String, before members: [(String, JSONValue)]) {
    self.list = list
    self.members = members.map { Member(name: $0.0, text: $0.1.compact, line: 0) }
    self.members.append(Member(name: list, text: [], line: 0))
    records = TextRecords(read: [])
  }

  /// An entry as it stands in the file.
  struct Piece {
    fileprivate let element: JSONOutline.Element

    /// The line where it begins.
    var line: Int { element.line }

    /// Where its text is.
    var range: Range<Int> { element.range }

    /// The entry parsed for itself: it counts its own lines from 1.
    func parsed(in bytes: [UInt8]) throws(JSONError) -> JSONValue { try JSONList.piece(element.range, of: bytes) }
  }

  /// Reads a document and gives each entry to `body` with its record's number. What the document itself has wrong is thrown.
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

  /// Sets a member beside the list; a new one goes before the list, so that it is seen at the top.
  mutating func set(_ name: String, _ value: JSONValue) {
    set(name, text: value.compact)
  }

  /// Sets a member that is a list itself, laid out as this one is.
  mutating func set(_ name: String, entries: [JSONValue]) {
    var text: [UInt8] = []
    for entry in entries {
      text += (text.isEmpty ? "[\n    " : ",\n    ").utf8
      text += JSONList.text(ofEntry: entry)
    }
    set(name, text: text + (text.isEmpty ? "[]" : "\n  ]").utf8)
  }

  private mutating func set(_ name: String, text: [UInt8]) {
    precondition(name != list, "the list is set entry by entry")
    if let index = members.firstIndex(where: { $0.name == name }) {
      members[index].text = text
    } else {
      let index = members.firstIndex { $0.name == list } ?? members.endIndex
      members.insert(Member(name: name, text: text, line: 0), at: index)
    }
  }

  /// Gives the whole document piece by piece.
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

  /// An entry as it stands in the list, indented to its depth.
  static func text(ofEntry value: JSONValue) -> [UInt8] {
    var text: [UInt8] = []
    for byte in value.pretty.dropLast() {
      text.append(byte)
      // Inside strings line ends are escaped, so each one here begins a line.
      if byte == UInt8(ascii: "\n") { text += "    ".utf8 }
    }
    return text
  }

  private static func piece(_ range: Range<Int>, of bytes: [UInt8]) throws(JSONError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: Array(bytes[range]))
    } catch {
      // A piece has its own lines; a parse of the whole gives the fault its line in the file.
      _ = try JSONValue(parsing: bytes)
      throw error
    }
  }

  /// Why the outline could not be made: the fault of a whole parse, or else what the document lacks.
  private static func whyNotCut(_ bytes: [UInt8], list: String) -> JSONError {
    do throws(JSONError) {
      let value = try JSONValue(parsing: bytes)
      guard let members = value.members else {
        return JSONError(
          line: value.line, column: 1, problem: "the file holds no object; it begins with { and ends with }")
      }
      if let member = members.first(where: { $0.name == list }) {
        return JSONError(line: member.line, column: 1, problem: "\"\(list)\" is no list; write [ ] around its entries")
      }
      return JSONError(
        line: value.line, column: 1, problem: "there is no list \"\(list)\"; write \"\(list)\": [] if it is to be empty"
      )
    } catch {
      return error
    }
  }
}
