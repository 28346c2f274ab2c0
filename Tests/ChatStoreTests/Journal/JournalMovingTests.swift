import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

@Suite struct `A long journal` {
  private static func room(_ number: Int) -> Record {
    .room(RoomRecord(name: Name("room\(number)")!, topic: String(repeating: "x", count: 2000)), was: nil)
  }

  /// A journal with 200 rooms. `rooms.json` contains the changes before `covered`, the other files contain all.
  private static func grown(_ folder: TemporaryFolder, covered: UInt64) throws -> Journal {
    let file = try JournalFile(path: folder.folder.journal, disk: .real)
    var journal = Journal(file, in: folder.folder, size: 0, lastNumber: 0, sizeMax: 100 << 10)
    journal.append(lease: 5000)
    for number in 1...200 {
      journal.append(room(number))
      try journal.write()
      journal.keep()
    }
    journal.note(Coverage(numbers: [.users: 201, .rooms: covered, .state: 201, .files: 201], lease: 1, settled: .max))
    try journal.write()
    return journal
  }

  private static func contents(_ folder: TemporaryFolder) throws -> JournalContents {
    try JournalContents(folder.bytes("journal.jsonl"), file: "f")
  }

  private static func rooms(_ contents: JournalContents) -> [String] {
    contents.lines.compactMap { if case .change(_, let name, _, _) = $0.line { name.text } else { nil } }
  }

  @Test func `is rewritten without the changes that the files show, and keeps lines written meanwhile`() throws {
    let folder = try TemporaryFolder()
    var journal = try Self.grown(folder, covered: 180)
    let before = try File.status(folder.folder.journal)
    let begun = journal.beginMove()
    let move = try #require(begun)
    #expect(journal.isMoving)
    // Turns during the move: one that stays, and one that is undone.
    journal.append(Self.room(201))
    try journal.write()
    journal.keep()
    journal.append(Self.room(202))
    try journal.write()
    journal.undo()
    try journal.finishMove(try move())
    #expect(!journal.isMoving)
    journal.append(Self.room(203))
    try journal.write()

    let after = try File.status(folder.folder.journal)
    #expect(after.inode != before.inode)
    #expect(after.size < before.size / 2)
    #expect(after.size == journal.size)
    #expect(after.mode == 0o600)
    let contents = try Self.contents(folder)
    #expect(!contents.isTorn)
    #expect(contents.lines.contains { $0.line == .lease(5000) })
    let kept = Self.rooms(contents)
    // The first change has the number 2, after the lease: the file shows those up to room179.
    #expect(Set((180...201).map { "room\($0)" } + ["room203"]).isSubset(of: kept))
    #expect(!kept.contains("room1") && !kept.contains("room202"))
    // A start skips the changes that the file shows, even if they are still in the journal.
    let replay = JournalReplay(contents, FolderContent())
    #expect(replay.content.rooms.map(\.name.text) == (180...201).map { "room\($0)" } + ["room203"])
  }

  @Test func `is not moved if its beginning is still needed, or if it is short`() throws {
    let folder = try TemporaryFolder()
    var needed = try Self.grown(folder, covered: 3)
    let whatIsNeeded = needed.beginMove()
    #expect(whatIsNeeded == nil)
    let file = try JournalFile(path: folder.folder.journal + "2", disk: .real)
    var short = Journal(file, in: folder.folder, size: 0, lastNumber: 0, sizeMax: 100 << 10)
    short.append(Self.room(1))
    try short.write()
    let whatIsShort = short.beginMove()
    #expect(whatIsShort == nil)
  }

  @Test func `stays whole if it cannot be moved, and continues`() throws {
    let folder = try TemporaryFolder()
    var journal = try Self.grown(folder, covered: 180)
    let begun = journal.beginMove()
    #expect(begun != nil)
    journal.append(Self.room(201))
    try journal.write()
    journal.keep()
    try journal.finishMove(nil)
    #expect(Self.rooms(try Self.contents(folder)) == (1...201).map { "room\($0)" })
    // The move is not repeated at once, because it would fail the same way.
    let again = journal.beginMove()
    #expect(again == nil)
  }
}
