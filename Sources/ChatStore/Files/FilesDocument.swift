import ChatCore
import ChatProtocol
import JSON

/// `files.json` as a document: an entry for each file, whose bytes stand in the folder beside it.
struct FilesDocument: FileDocument {
  static let takesEdits = false

  private var entries = NamedEntries<FileEntry>(list: FilesDocument.list)
  /// The files whose bytes are all there.
  private(set) var shared: Set<MessageID> = []

  private static let list = "files"

  /// The document, its entries by id, and what is wrong. With faults none of it is of use.
  static func read(_ bytes: [UInt8], file: String) -> (FilesDocument, [FileEntry], [Fault]) {
    var document = FilesDocument()
    var read: [FileEntry] = []
    let (entries, faults) = NamedEntries<FileEntry>.read(bytes, list: list, file: file) { read.append($0) }
    document.entries = entries
    document.shared = Set(read.filter { $0.record.shared != nil }.map(\.record.id))
    return (document, read.sorted { $0.record.id < $1.record.id }, faults.inOrder)
  }

  var warnings: [Fault] { entries.warnings }

  var isChanged: Bool { entries.isChanged }

  mutating func set(_ file: FileRecord) {
    entries.set(FileEntry(record: file))
    if file.shared != nil { shared.insert(file.id) } else { shared.remove(file.id) }
  }

  mutating func remove(_ id: MessageID) {
    entries.remove(FileEntry.name(of: id))
    shared.remove(id)
  }

  mutating func encodeChanges() { entries.encodeChanges() }

  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    try entries.write(body)
  }

  mutating func noteWritten(change: UInt64, at now_ns: Int64) { entries.noteWritten() }
}
