import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

/// The work of the store's thread, called directly and with a simulated clock.
private func writer(_ folder: TemporaryFolder, _ reported: Reported = Reported()) -> SnapshotWriter {
  var loading = FolderLoading(folder.folder)
  loading.readAll()
  var writer = SnapshotWriter(
    documents: loading.takeDocuments(at: 0), ids: IssuedIDs(41), clock: { noon }, report: { reported.add($0) })
  writer.bootClock = BootClock(id: "b007") { SteadyTime(milliseconds: 5000) }
  return writer
}

private let secondNanoseconds: Int64 = 1_000_000_000
private let alice = Account(name: Name("alice")!, password: "*")

@Test func `missing files are created a second after the start`() throws {
  let folder = try TemporaryFolder()
  var writer = writer(folder)
  #expect(writer.documents.dueNanoseconds == secondNanoseconds)
  writer.writeDue(at: secondNanoseconds - 1)
  #expect(try folder.names() == [])
  writer.writeDue(at: secondNanoseconds)
  #expect(try folder.names() == ["rooms.json", "state.json", "users.csv"])
  #expect(writer.documents.dueNanoseconds == nil)
  #expect(
    try folder.text("state.json") == """
      {
        "version": 1,
        "saved": "2026-11-20T12:00:00.000Z",
        "clean": false,
        "id": 41,
        "clock": {"boot":"b007","uptime":5000,"set":0,"steps":[]},
        "users": []
      }

      """)
}

@Test func `a changed file is written within a second, the others are not`() throws {
  let folder = try TemporaryFolder()
  var writer = writer(folder)
  writer.writeDue(at: secondNanoseconds)
  let rooms = try File.status(folder.folder.rooms)
  writer.documents.apply([.account(alice, was: nil)], at: 5 * secondNanoseconds)
  let dueNanoseconds = try #require(writer.documents.dueNanoseconds)
  #expect(dueNanoseconds >= 6 * secondNanoseconds)
  writer.writeDue(at: dueNanoseconds)
  #expect(try folder.text("users.csv").hasSuffix("alice,*,user,active,,\n"))
  #expect(try File.status(folder.folder.rooms) == rooms)
  #expect(writer.documents.dueNanoseconds == nil)
}

@Test func `later changes do not delay a write`() throws {
  let folder = try TemporaryFolder()
  var writer = writer(folder)
  writer.writeDue(at: secondNanoseconds)
  writer.documents.apply([.account(alice, was: nil)], at: 5 * secondNanoseconds)
  let dueNanoseconds = writer.documents.dueNanoseconds
  writer.documents.apply([.account(alice, was: nil)], at: 5 * secondNanoseconds + 1)
  #expect(writer.documents.dueNanoseconds == dueNanoseconds)
}

@Test func `a failing write is reported once, retried, and its end is reported`() throws {
  let folder = try TemporaryFolder()
  let reported = Reported()
  var writer = writer(folder, reported)
  writer.writeDue(at: secondNanoseconds)
  writer.documents.apply([.account(alice, was: nil)], at: 5 * secondNanoseconds)
  // Permissions do not stop root from writing; a moved folder does.
  try File.rename(folder.path, to: folder.path + "-away")
  for _ in 1...3 { writer.writeDue(at: try #require(writer.documents.dueNanoseconds)) }
  #expect(throws: StoreError.failed(path: folder.folder.users, doing: "written", .noSuchFileOrDirectory)) {
    _ = try writer.save(isClean: true).get()
  }
  try File.rename(folder.path + "-away", to: folder.path)
  writer.writeDue(at: .max)
  // rooms.json had no changes, but is missing as well when the save scans.
  let files = ["users.csv", "rooms.json", "state.json"]
  #expect(
    reported.all == files.map { .writeFailed(file: $0, .noSuchFileOrDirectory) }
      + files.map { .writeRecovered(file: $0) })
  #expect(try folder.text("users.csv").hasSuffix("alice,*,user,active,,\n"))
  #expect(try folder.text("state.json").contains("\"clean\": false"))
}

@Test func `a save writes changed files, and always the state`() throws {
  let folder = try TemporaryFolder()
  try folder.write("users.csv", "password,name\r\n*,alice")
  try folder.write("rooms.json", #"{"rooms":[]}"#)
  var writer = writer(folder)
  let before = (try File.status(folder.folder.users), try File.status(folder.folder.rooms))
  #expect(writer.save(isClean: true) == .success(SaveReport(written: ["state.json"], notices: [])))
  #expect(try File.status(folder.folder.users) == before.0)
  #expect(try File.status(folder.folder.rooms) == before.1)
  #expect(try folder.text("state.json").contains("\"clean\": true"))
  writer.documents.apply([.room(RoomRecord(name: Name("den")!), was: nil)], at: 0)
  #expect(try writer.save(isClean: false).get().written == ["rooms.json", "state.json"])
  #expect(try folder.text("users.csv") == "password,name\r\n*,alice")
  #expect(try folder.text("state.json").contains("\"clean\": false"))
}

@Test func `a save writes removed and emptied files again`() throws {
  let folder = try TemporaryFolder()
  try folder.write("users.csv", "name,password\nalice,*\n")
  try folder.write("rooms.json", "{\"rooms\": []}")
  var writer = writer(folder)
  try File.unlink(folder.folder.users)
  try folder.write("rooms.json", "")
  let report = try writer.save(isClean: true).get()
  #expect(report.written == ["users.csv", "rooms.json", "state.json"])
  #expect(try folder.text("users.csv") == "name,password\nalice,*\n")
  #expect(try RoomsDocument.read(folder.bytes("rooms.json"), file: "f").2 == [])
}

@Test(arguments: HandEdit.allCases)
func `a save leaves an edit in place, and does not write before the edit was read`(edit: HandEdit)
  throws
{
  let folder = try TemporaryFolder()
  try folder.write("users.csv", "name,password\nbob,*\n")
  var writer = writer(folder)
  writer.documents.apply([.account(alice, was: nil)], at: 0)
  try edit.make(in: folder, name: "users.csv")
  let edited = try folder.text("users.csv")
  #expect(try writer.save(isClean: true).get().written == ["rooms.json", "state.json"])
  #expect(writer.documents.users.hasUnreadEdit)
  #expect(try folder.text("users.csv") == edited)
  #expect(try folder.names() == ["rooms.json", "state.json", "users.csv"])
  writer.writeDue(at: .max)
  #expect(try folder.text("users.csv") == edited)
}

@Test(arguments: HandEdit.allCases)
func `a save gives an edited state file another name and reports it`(edit: HandEdit) throws {
  let folder = try TemporaryFolder()
  try folder.write("state.json", "{\"users\": []}")
  var writer = writer(folder)
  try edit.make(in: folder, name: "state.json")
  let edited = try folder.text("state.json")
  let report = try writer.save(isClean: true).get()
  #expect(report.notices == [.kept(file: "state.json", path: "\(folder.path)/state.json.edited-20261120T120000Z")])
  #expect(try folder.text("state.json.edited-20261120T120000Z") == edited)
}

@Test func `an edit stays in place if the server changed nothing`() throws {
  let folder = try TemporaryFolder()
  try folder.write("users.csv", "name,password\nbob,*\n")
  var writer = writer(folder)
  try folder.write("users.csv", "name,password\nbob,*\ncarol,*\n")
  #expect(try writer.save(isClean: true).get().notices == [])
  #expect(try folder.text("users.csv") == "name,password\nbob,*\ncarol,*\n")
}
