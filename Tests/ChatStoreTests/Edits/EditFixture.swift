import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

/// The work of the store's thread with an edit reader, called directly. The test sets the time, and the system
/// reports the changes of the folder.
struct EditFixture {
  let folder: TemporaryFolder
  let scans = Collected<EditScan>()
  var writer: SnapshotWriter
  var reader: EditReader
  /// The time of the simulated monotonic clock.
  var nowNanoseconds: Int64 = 0

  static let users = "name,password,note\nalice,*,first\nbob,*,\ncarol,*,\ndave,*,\n"
  static let rooms = """
    {"rooms": [
      {"name": "den", "colour": "red"},
      {"name": "hall"}
    ]}

    """

  init(
    users: String = EditFixture.users, rooms: String = EditFixture.rooms, settings: String? = nil, motd: String? = nil,
    asksSystem: Bool = true, journal: String? = nil
  ) throws {
    folder = try TemporaryFolder()
    try folder.write("users.csv", users)
    try folder.write("rooms.json", rooms)
    if let settings { try folder.write("settings.json", settings) }
    if let motd { try folder.write("motd.txt", motd) }
    if let journal { try folder.write("journal.jsonl", journal) }
    for name in try folder.names() { try File.changeMode("\(folder.path)/\(name)", 0o600) }
    var loading = FolderLoading(folder.folder)
    loading.readAll()
    _ = loading.replay()
    let (stored, motd) = (loading.storedSettings, loading.motd)
    writer = SnapshotWriter(
      documents: loading.takeDocuments(at: 0), ids: IssuedIDs(1), clock: { noon }, report: { _ in })
    let watch = FileWatcher(folder.folder, asksSystem: asksSystem)
    reader = EditReader(folder.folder, stored, motd, watch: watch, clock: { noon }) { [scans] in scans.add($0) }
    reader.prepare(&writer.documents)
    turn()
  }

  /// The work of the thread each time it wakes.
  mutating func turn() {
    reader.takeEvents(&writer.documents, at: nowNanoseconds)
    reader.scan(&writer.documents, at: nowNanoseconds)
  }

  mutating func pass(milliseconds: Int64) { nowNanoseconds += milliseconds * 1_000_000 }

  /// The core applies the last edit, and records these rows.
  mutating func confirm(_ records: [Record] = []) throws {
    let number = try #require(scans.all.last).edit.number
    writer.documents.apply(records + [.edited(number)], at: nowNanoseconds)
  }

  /// Writes all changed files, even if they are not due yet.
  mutating func write() {
    reader.takeEvents(&writer.documents, at: nowNanoseconds)
    writer.writeDue(at: .max)
  }

  /// Saves a file as vi does.
  func rename(_ name: String, _ text: String) throws {
    try folder.write(name + ".tmp", text)
    try File.rename("\(folder.path)/\(name).tmp", to: "\(folder.path)/\(name)")
  }

  func append(_ name: String, _ text: String) throws {
    try File.open("\(folder.path)/\(name)", [.writeOnly, .append]).writeAll(text)
  }
}

func account(_ name: String, password: String = "*") -> Account { Account(name: Name(name)!, password: password) }
