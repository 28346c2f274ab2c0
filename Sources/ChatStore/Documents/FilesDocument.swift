import ChatCore
import ChatProtocol
import JSON

/// `files.json`: an entry for each shared file, whose content is in the folder beside it.
struct FilesDocument: EntriesDocument {
  static let appliesEdits = false

  var entries = NamedEntries<FileEntry>(list: FilesDocument.list)
  /// The complete files.
  private(set) var shared: Set<MessageID> = []

  private static let list = "files"

  /// The document, its entries by id, and its errors; with errors the other two are invalid.
  static func read(_ bytes: [UInt8], file: String) -> (FilesDocument, [FileEntry], [FileError]) {
    var document = FilesDocument()
    var read: [FileEntry] = []
    let (entries, errors) = NamedEntries<FileEntry>.read(bytes, list: list, file: file) { read.append($0) }
    document.entries = entries
    document.shared = Set(read.filter { $0.record.shared != nil }.map(\.record.id))
    return (document, read.sorted { $0.record.id < $1.record.id }, errors.inOrder)
  }

  mutating func set(_ file: FileRecord) {
    entries.set(FileEntry(record: file))
    if file.shared != nil { shared.insert(file.id) } else { shared.remove(file.id) }
  }

  mutating func remove(_ id: MessageID) {
    entries.remove(FileEntry.name(of: id))
    shared.remove(id)
  }
}

/// A shared file's entry in `files.json`.
struct FileEntry: NamedEntry {
  var record: FileRecord
  /// Its line in the file; 0 for a new one.
  var line = 0

  static var kind: String { "file" }
  static let keys = ["id", "room", "from", "name", "size", "cksum", "offered", "shared"]
  static let documentKeys = ["version", "files"]
  /// Entries have ids, whose digits are a valid name.
  var name: Name { FileEntry.name(of: record.id) }

  static func name(of id: MessageID) -> Name { Name("\(id)")! }

  static func name(of entry: JSONValue) -> Name? { entry["id"]?.int.flatMap { Name("\($0)") } }

  static func read(_ entry: JSONValue, file: String, linesBefore: Int) -> (FileEntry?, [FileError]) {
    var reader = EntryReader(entry, kind: kind, file: file, linesBefore: linesBefore)
    let id = reader.messageID("id")
    let room = reader.requiredName("room")
    let from = reader.requiredName("from")
    let text = reader.string("name")
    let name = text.flatMap { FileName($0) }
    if name == nil { reader.addError("the file has no \"name\" that is valid; one has \(FileName.rule)") }
    let size = reader.number("size", upTo: 1 << 40)
    let cksum = reader.number("cksum", upTo: UInt64(UInt32.max))
    let offered = reader.time("offered")
    var shared = reader.time("shared")
    guard reader.errors.isEmpty, let id, let room, let from, let name, let size, let cksum else {
      return (nil, reader.errors)
    }
    // An entry written by hand is of a complete file. The rules replace the unknown time by the start's.
    let unknown = FileRecord.unknownTime
    if entry["shared"] == nil { shared = offered ?? unknown }
    let record = FileRecord(
      id: id, room: room, from: from, name: name, size: size, cksum: UInt32(cksum),
      offered: offered ?? shared ?? unknown, shared: shared)
    return (FileEntry(record: record, line: reader.line), [])
  }

  /// The whole entry, for the journal and for a new entry.
  var json: JSONValue {
    [
      "id": .int(record.id), "room": .name(record.room), "from": .name(record.from),
      "name": .string(record.name.text), "size": .int(record.size), "cksum": .int(record.cksum),
      "offered": .string(record.offered.description), "shared": .text(record.shared?.description),
    ]
  }

  func write(into entry: inout JSONValue, isNew: Bool) {
    let old = isNew ? nil : FileEntry.read(entry, file: "", linesBefore: 0).0
    if old?.record == record { return }
    for member in json.members ?? [] where entry[member.name] != member.value { entry[member.name] = member.value }
  }
}
