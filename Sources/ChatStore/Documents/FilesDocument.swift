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

  static let kind = "file"
  static let blank = FileEntry(record: .blank)
  static let documentKeys = ["version", "files"]
  /// Entries have ids, whose digits are a valid name.
  var name: Name { FileEntry.name(of: record.id) }

  static func name(of id: MessageID) -> Name { Name("\(id)")! }

  static func name(of entry: JSONValue) -> Name? { entry["id"]?.int.flatMap { Name("\($0)") } }

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.field("id", &record.id)
    coder.field("room", &record.room)
    coder.field("from", &record.from)
    coder.field("name", &record.name)
    coder.number("size", &record.size, upTo: 1 << 40)
    coder.number("cksum", &record.cksum, upTo: .max)
    var offered: Timestamp? = record.offered
    coder.nullable("offered", &offered)
    coder.nullable("shared", &record.shared)
    record.offered = offered ?? record.shared ?? FileRecord.unknownTime
  }

  mutating func check(in reader: inout EntryReader) {
    line = reader.line
    // An entry written by hand is of a complete file. The rules replace the unknown time by the start's.
    if reader.entry["shared"] == nil { record.shared = record.offered }
  }

  /// The whole record: what an entry lacks follows from its other members.
  func write(into entry: inout JSONValue, isNew: Bool) {
    if isNew || Self(reading: entry)?.record != record { entry.write(json, over: nil) }
  }
}
