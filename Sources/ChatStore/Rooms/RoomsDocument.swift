import ChatCore
import ChatProtocol
import JSON

/// `rooms.json` as a document: entries and keys in their order, those that nobody here understands included.
struct RoomsDocument: EditedDocument {
  static let takesEdits = true

  private var entries: NamedEntries<RoomRecord>
  var bases = BaseVersions()

  private static let list = "rooms"

  init() { entries = NamedEntries(list: Self.list) }

  /// The document, the rooms in it, and what is wrong; with faults the other two are of no use.
  static func read(_ bytes: [UInt8], file: String) -> (RoomsDocument, [RoomRecord], [Fault]) {
    var document = RoomsDocument()
    var rooms: [RoomRecord] = []
    let (entries, faults) = NamedEntries<RoomRecord>.read(bytes, list: list, file: file) { rooms.append($0) }
    document.entries = entries
    return (document, rooms, faults.inOrder)
  }

  var warnings: [Fault] { entries.warnings }

  /// The line where a room's entry began when the file was read.
  func line(of name: Name) -> Int? { entries.line(of: name) }

  var isChanged: Bool { entries.isChanged }

  /// Puts a room into its entry, or into a new one at the end.
  mutating func set(_ room: RoomRecord) {
    bases.note(room.name.key, entries.text(of: room.name.key))
    entries.set(room)
  }

  mutating func remove(_ name: Name) {
    if entries.contains(name) { bases.note(name.key, entries.text(of: name.key)) }
    entries.remove(name)
  }

  mutating func encodeChanges() { entries.encodeChanges() }

  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    try entries.write(body)
  }

  mutating func noteWritten(change: UInt64, at now_ns: Int64) {
    entries.noteWritten()
    bases.noteWritten(change: change, at: now_ns)
  }

  // MARK: Rows

  var keys: [String] { entries.keys }

  var count: Int { entries.count }

  func revised(by bytes: [UInt8], file: String) -> RevisedFile<RoomsDocument> { revisedWhole(by: bytes, file: file) }

  func row(of key: String) -> RoomRecord? { entries.entry(of: key) }

  func row(reading text: [UInt8]) -> RoomRecord? {
    (try? JSONValue(parsing: text)).flatMap { RoomRecord.read($0, file: "", linesBefore: 0).0 }
  }

  func text(of key: String) -> ArraySlice<UInt8>? { entries.text(of: key) }

  func file(of keys: [String]) -> [UInt8] {
    let texts = keys.compactMap { text(of: $0).map { Array($0) } }
    return Array("{\"version\": 1, \"rooms\": [\n".utf8) + texts.joined(separator: Array(",\n".utf8))
      + Array("\n]}\n".utf8)
  }

  func readsRows(like other: RoomsDocument) -> Bool { true }
}
