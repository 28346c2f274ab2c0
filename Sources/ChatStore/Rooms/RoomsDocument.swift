import ChatCore
import ChatProtocol

/// `rooms.json` as a document: entries and keys in their order, those that nobody here understands included.
struct RoomsDocument: FileDocument {
  private var entries: NamedEntries<RoomRecord>

  private static let list = "rooms"

  init() { entries = NamedEntries(list: Self.list) }

  /// The document, the rooms in it, and what is wrong; with faults the other two are of no use.
  static func read(_ bytes: [UInt8], file: String) -> (RoomsDocument, [RoomRecord], [Fault]) {
    var document = RoomsDocument()
    let (entries, rooms, faults) = NamedEntries<RoomRecord>.read(bytes, list: list, file: file)
    document.entries = entries
    return (document, rooms, faults.inOrder)
  }

  var isChanged: Bool { entries.isChanged }

  /// Puts a room into its entry, or into a new one at the end.
  mutating func set(_ room: RoomRecord) { entries.set(room) }

  mutating func remove(_ name: Name) { entries.remove(name) }

  mutating func encodeChanges() { entries.encodeChanges() }

  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    try entries.write(body)
  }

  mutating func noteWritten() { entries.noteWritten() }
}
