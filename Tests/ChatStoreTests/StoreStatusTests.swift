import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

@Suite struct StoreStatusTests {
  @Test func `has the number of changes that only the journal has, and when the files were written`() throws {
    let folder = try TemporaryFolder()
    let journaling = try Journaling(folder)
    try journaling.save()
    #expect(journaling.store.status.journalChanges == 0)
    let turn = try journaling.turn(
      [.account(Account("alice"), was: nil), .account(Account("bob"), was: nil)], line: "hello")
    try journaling.settle(turn)
    try journaling.save()
    let status = journaling.store.status
    #expect(status.journalChanges == 0 && status.journalBytes == 0)
    #expect(status.lastSnapshot == noon && status.writeErrors.isEmpty && status.lastSync != nil)
    #expect(status.logBytes == Int64(try folder.text("chat.log").utf8.count))
    journaling.abandon()
  }

  @Test func `names the files that could not be written until they are`() throws {
    let journaling = try Journaling(TemporaryFolder())
    let store = journaling.store!
    store.didWrite("users.csv", at: noon, .noSpace)
    store.didWrite("rooms.json", at: noon, .inputOutput)
    #expect(
      store.status.writeErrors == ["rooms.json: \(Errno.inputOutput)", "users.csv: \(Errno.noSpace)"])
    #expect(store.status.lastSnapshot == nil)
    store.didWrite("users.csv", at: noon, nil)
    #expect(store.status.writeErrors == ["rooms.json: \(Errno.inputOutput)"])
    #expect(store.status.lastSnapshot == noon)
    journaling.abandon()
  }

  @Test func `counts the changes that not every file shows`() throws {
    let folder = try TemporaryFolder()
    var journal = Journal(
      try JournalFile(path: folder.folder.journal, disk: .real), in: folder.folder, size: 0, lastNumber: 0,
      sizeMax: 1 << 20)
    for number in 1...3 { journal.append(.account(Account("user\(number)"), was: nil)) }
    try journal.write()
    #expect(journal.uncoveredChanges == 3 && journal.size > 0)
    var coverage = Coverage.all(3, lease: .max)
    coverage.numbers[.rooms] = 1
    journal.note(coverage)
    #expect(journal.uncoveredChanges == 2)
    journal.note(.all(3, lease: .max))
    try journal.write()
    #expect(journal.uncoveredChanges == 0 && journal.size == 0)
  }
}
