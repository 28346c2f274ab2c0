import ChatCore
import ChatProtocol
import Glibc
import POSIX
import TestSupport
import Testing

@testable import ChatStore

/// Things other than a readable file that may have a file's name.
enum Impostor: CaseIterable, Sendable {
  case pipe, folder, link, socket, hole

  func make(at path: String) throws {
    try? File.unlink(path)
    switch self {
    case .pipe: try #require(unsafe mkfifo(path, 0o600) == 0)
    case .folder: try File.makeDirectory(path)
    case .link: try #require(unsafe symlink("elsewhere", path) == 0)
    case .socket: _ = try Socket.listenUnix(path: path)
    case .hole: try File.open(path, [.writeOnly, .create]).truncate(to: 40 << 30)
    }
  }
}

private let elsewhere = "name,password\nmallory,*\n"

/// Each of these once made the server hang or fail.
@Suite struct `Something other than a file` {
  private static let read = [
    "users.csv", "rooms.json", "state.json", "files.json", "settings.json", "journal.jsonl",
  ]

  @Test(arguments: read + ["lock", "chat.log"], Impostor.allCases)
  func `prevents a start, with an error, and is not touched`(name: String, impostor: Impostor) throws {
    // The contents of the lock do not matter.
    if name == "lock", impostor == .hole { return }
    let folder = try TemporaryFolder()
    try folder.write("elsewhere", elsewhere)
    try impostor.make(at: "\(folder.path)/\(name)")
    let errors = folder.folder.check()
    // Only a starting server reads the end of the log.
    if name != "chat.log" || impostor != .hole {
      #expect(errors.map(\.file) == ["\(folder.path)/\(name)"])
    }
    #expect { try open(folder) } throws: { "\($0)".contains("\(folder.path)/\(name)") }
    #expect(try folder.text("elsewhere") == elsewhere)
  }

  @Test(arguments: ["users.csv", "rooms.json", "settings.json"], Impostor.allCases)
  func `is an error while the server runs, and the file is written once it is removed`(
    name: String, impostor: Impostor
  ) throws {
    var fixture = try EditFixture(settings: "{}")
    try fixture.folder.write("elsewhere", elsewhere)
    let path = "\(fixture.folder.path)/\(name)"
    fixture.writer.documents.apply(
      [.account(account("erin"), was: nil), .room(RoomRecord(name: Name("attic")!), was: nil)], at: 0)
    try impostor.make(at: path)
    // A write before the scan leaves it in place.
    fixture.writer.writeDue(at: .max)
    fixture.turn()
    fixture.pass(milliseconds: 500)
    fixture.turn()
    #expect(fixture.scans.all.flatMap(\.newErrors).map(\.file) == [path])
    fixture.writer.writeDue(at: .max)
    #expect(try fixture.folder.text("elsewhere") == elsewhere)
    if impostor == .folder { try File.removeDirectory(path) } else { try File.unlink(path) }
    fixture.turn()
    #expect(fixture.scans.all.last?.errors == [])
    fixture.writer.writeDue(at: .max)
    guard name != "settings.json" else { return }
    #expect(try fixture.folder.text(name).contains(name == "users.csv" ? "erin" : "attic"))
  }

  @Test(arguments: Impostor.allCases)
  func `is renamed when the state is written`(impostor: Impostor) throws {
    var fixture = try EditFixture()
    try fixture.folder.write("elsewhere", elsewhere)
    try impostor.make(at: fixture.folder.folder.state)
    fixture.writer.writeDue(at: .max)
    #expect(try fixture.folder.text("state.json").contains("\"clean\": false"))
    #expect(try fixture.folder.text("elsewhere") == elsewhere)
  }

  @Test(arguments: [Impostor.pipe, .folder, .link, .socket])
  func `is not a shared file and not a piece of the log`(impostor: Impostor) throws {
    let folder = try TemporaryFolder()
    try folder.write("elsewhere", elsewhere)
    try File.makeDirectory(folder.folder.fileBytes)
    try impostor.make(at: "\(folder.folder.fileBytes)/7")
    try impostor.make(at: "\(folder.folder.fileBytes)/8.part")
    let files = FilesFolder(folder.folder.fileBytes)
    #expect(throws: Errno.notRegularFile) { _ = try files.openWhole(7) }
    #expect(throws: Errno.notRegularFile) { _ = try files.openPart(8) }
    try impostor.make(at: folder.folder.log + ".1")
    #expect(try LogPieces(logPath: folder.folder.log).pieces.isEmpty)
  }

  @Test(arguments: ["journal.jsonl", "chat.log"])
  func `with the name of the log or journal stops recording, with a reason`(name: String) throws {
    let folder = try TemporaryFolder()
    let (store, _) = try open(folder)
    store.append(.account(account("erin"), was: nil))
    try store.commit()
    try File.unlink("\(folder.path)/\(name)")
    try Impostor.pipe.make(at: "\(folder.path)/\(name)")
    store.append(.account(account("frank"), was: nil))
    #expect(throws: Errno.notRegularFile) { try store.commit() }
    try File.unlink("\(folder.path)/\(name)")
    _ = try store.resume()
  }
}

@Test func `a file system that cannot sync folders is not an error`() throws {
  try File.syncDirectory("/proc")
}
