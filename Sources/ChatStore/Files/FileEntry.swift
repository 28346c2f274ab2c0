import ChatCore
import ChatProtocol
import JSON

/// A file's entry in `files.json`: JSON to record and back.
struct FileEntry: NamedEntry {
  var record: FileRecord
  /// Where it was read from; 0 for one that was not.
  var line = 0

  static var kind: String { "file" }
  static let keys = ["id", "room", "from", "name", "size", "cksum", "offered", "shared"]
  static let documentKeys = ["version", "files"]
  /// Entries are told apart by their ids. The digits of one are a name as well.
  var name: Name { FileEntry.name(of: record.id) }

  static func name(of id: MessageID) -> Name { Name("\(id)")! }

  static func name(of entry: JSONValue) -> Name? { entry["id"]?.int.flatMap { Name("\($0)") } }

  static func read(_ entry: JSONValue, file: String, linesBefore: Int) -> (FileEntry?, [Fault]) {
    var reader = EntryReader(entry, kind: kind, file: file, linesBefore: linesBefore)
    let id = reader.messageID("id")
    let room = reader.requiredName("room")
    let from = reader.requiredName("from")
    let text = reader.string("name")
    let name = text.flatMap { FileName($0) }
    if name == nil { reader.fault("the file has no \"name\" that fits; one has \(FileName.rule)") }
    let size = reader.number("size", upTo: 1 << 40)
    let cksum = reader.number("cksum", upTo: UInt64(UInt32.max))
    let offered = reader.time("offered")
    var shared = reader.time("shared")
    guard reader.faults.isEmpty, let id, let room, let from, let name, let size, let cksum else {
      return (nil, reader.faults)
    }
    // Whoever writes an entry by hand has a file to share. The rules put the start's time where there is none.
    let unknown = FileRecord.unknownTime
    if entry["shared"] == nil { shared = offered ?? unknown }
    let record = FileRecord(
      id: id, room: room, from: from, name: name, size: size, cksum: UInt32(cksum),
      offered: offered ?? shared ?? unknown, shared: shared)
    return (FileEntry(record: record, line: reader.line), [])
  }

  /// All that is known of it, as the journal and a new entry write it.
  var json: JSONValue {
    [
      "id": .int(record.id), "room": .name(record.room), "from": .name(record.from),
      "name": .string(record.name.text), "size": .int(record.size), "cksum": .int(record.cksum),
      "offered": .string(record.offered.description), "shared": .text(record.shared?.description),
    ]
  }

  /// Of a file that was offered nothing changes but whether it is shared.
  func write(into entry: inout JSONValue, isNew: Bool) {
    let old = isNew ? nil : FileEntry.read(entry, file: "", linesBefore: 0).0
    if old?.record == record { return }
    for member in json.members ?? [] where entry[member.name] != member.value { entry[member.name] = member.value }
  }
}
