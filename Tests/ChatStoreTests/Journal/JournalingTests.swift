import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

/// A store on a disk whose syncs the test controls.
final class Journaling {
  let folder: TemporaryFolder
  let disk: HeldDisk
  private(set) var store: Store!
  let loaded: LoadedData
  let woken = Semaphore()

  init(
    _ folder: TemporaryFolder, policy: SyncPolicy = .everysec, disk: HeldDisk = HeldDisk(),
    journalBytesMax: Int64 = 64 << 20
  ) throws {
    self.folder = folder
    self.disk = disk
    (store, loaded) = try Store.open(
      folder.folder, policy: policy, disk: disk.calls, journalBytesMax: journalBytesMax, clock: { noon },
      report: { _ in }, wake: { [woken] in woken.signal() })
  }

  func collect() {
    woken.wait()
    store.collect()
  }

  @discardableResult
  func turn(_ records: [Record], line: String? = nil) throws -> UInt64 {
    for record in records { store.append(record) }
    if let line { store.append(.event(line, [], text: nil), at: noon) }
    return try store.commit()
  }

  /// Waits until every turn is durable.
  func settle(_ turn: UInt64) throws {
    var turn = turn
    while store.durableTurn < turn {
      collect()
      turn = max(turn, try store.commit())
    }
  }

  /// Writes all changes to the files, and waits until the store has noted that.
  func save() throws {
    let saved = Semaphore()
    store.save { _ in saved.signal() }
    saved.wait()
    store.collect()
    try store.commit()
  }

  func finish() throws {
    _ = try store.finish(isClean: true)
    store = nil
  }

  /// Simulates a crash: nothing more is written, and the lock is released.
  func abandon() {
    store.abandon()
    store = nil
  }
}

@Suite struct `A store with a journal` {
  private static func account(_ number: Int) -> Record { .account(Account("user\(number)"), was: nil) }

  @Test func `releases nothing before it is synced, and syncs once for all pending turns`() throws {
    let journaling = try Journaling(TemporaryFolder())
    let before = journaling.disk.syncCount
    journaling.disk.hold()
    let first = try journaling.turn([Self.account(1)])
    journaling.disk.hasBegun.wait()
    #expect(journaling.store.durableTurn == first - 1)
    // These turns come during the sync, the second without a record.
    try journaling.turn([Self.account(2)])
    try journaling.turn([])
    let last = try journaling.turn([Self.account(3)])
    #expect(journaling.store.durableTurn == first - 1)
    #expect(journaling.disk.syncCount == before + 1)
    journaling.disk.releaseSyncs()
    // A written file wakes the loop too.
    while journaling.store.durableTurn < first { journaling.collect() }
    #expect(journaling.store.durableTurn == first)
    try journaling.settle(last)
    #expect(journaling.disk.syncCount == before + 2)
    journaling.abandon()
  }

  @Test(arguments: SyncPolicy.allCases) func `holds messages back only if the policy requires it`(policy: SyncPolicy)
    throws
  {
    let journaling = try Journaling(TemporaryFolder(), policy: policy)
    journaling.disk.hold()
    let message = try journaling.turn([], line: "message")
    #expect((journaling.store.durableTurn >= message) == (policy != .always))
    let record = try journaling.turn([Self.account(1)])
    #expect((journaling.store.durableTurn >= record) == (policy == .no))
    journaling.disk.releaseSyncs()
    // Once more, for a second sync.
    journaling.disk.releaseSyncs()
    try journaling.settle(record)
    journaling.abandon()
  }

  @Test func `has every durable turn after a crash, whichever files were written`() throws {
    var random = SeededRandom(seed: 20261120)
    for _ in 0..<20 {
      let folder = try TemporaryFolder()
      var accounts: [String: Account] = [:]
      for _ in 0..<3 {
        let journaling = try Journaling(folder)
        #expect(Dictionary(uniqueKeysWithValues: journaling.loaded.accounts.map { ($0.name.key, $0) }) == accounts)
        for _ in 0..<Int.random(in: 1...10, using: &random) {
          let name = "user\(Int.random(in: 0..<5, using: &random))"
          let account = Account(name, "plain:secret-\(UInt64.random(in: 0 ... .max, using: &random))")
          try journaling.turn([.account(account, was: accounts[name])])
          accounts[name] = account
          if Int.random(in: 0..<4, using: &random) == 0 { try journaling.save() }
        }
        journaling.abandon()
      }
    }
  }

  @Test func `empties the journal once the files show everything`() throws {
    let journaling = try Journaling(TemporaryFolder())
    try journaling.settle(try journaling.turn([Self.account(1)]))
    #expect(try journaling.folder.text("journal.jsonl").contains("user1"))
    try journaling.save()
    #expect(try journaling.folder.bytes("journal.jsonl") == [])
    try journaling.settle(try journaling.turn([Self.account(2)]))
    let text = try journaling.folder.text("journal.jsonl")
    #expect(!text.contains("user1") && text.contains("user2"))
    journaling.abandon()
  }

  @Test func `writes the same for a registration, however many accounts there are`() throws {
    var costs: [Int] = []
    for count in [10, 10_000] {
      let folder = try TemporaryFolder()
      try folder.write("users.csv", "name,password\n" + (0..<count).map { "user\($0),*\n" }.joined())
      let journaling = try Journaling(folder)
      try journaling.save()
      try journaling.turn([.account(Account("newcomer"), was: nil)])
      costs.append(try folder.bytes("journal.jsonl").drop { $0 != UInt8(ascii: ",") }.count)
      journaling.abandon()
    }
    #expect(costs[0] == costs[1])
  }

  @Test func `repeats no id after a crash, even if the log is lost`() throws {
    let folder = try TemporaryFolder()
    var greatest: MessageID = 0
    for round in 0..<6 {
      let journaling = try Journaling(folder)
      var next = journaling.loaded.nextID
      #expect(next > greatest)
      for _ in 0..<(round * 3000) {
        journaling.store.append(
          .message(RoomMessage(id: next, room: .lobby, from: Name("a")!, text: "x")), at: noon)
        greatest = next
        next += 1
        // Many ids per turn, so that leases are written ahead and used up.
        if next % 700 == 0 { try journaling.settle(try journaling.store.commit()) }
      }
      try journaling.settle(try journaling.store.commit())
      if round == 3 { try journaling.save() }
      journaling.abandon()
      try File.unlink(folder.folder.log)
    }
  }

  @Test func `sends no id that is not leased`() throws {
    let journaling = try Journaling(TemporaryFolder())
    journaling.disk.hold()
    let beyond = journaling.loaded.nextID + IssuedIDs.leaseCount
    journaling.store.append(.event("private", [.init("id", "\(beyond)")], text: nil), at: noon)
    let turn = try journaling.store.commit()
    #expect(journaling.store.durableTurn < turn)
    journaling.disk.releaseSyncs()
    try journaling.settle(turn)
    journaling.abandon()
  }

  @Test func `issues the ids after the last one after a clean shutdown`() throws {
    let folder = try TemporaryFolder()
    let journaling = try Journaling(folder)
    journaling.store.append(.message(RoomMessage(id: 1, room: .lobby, from: Name("a")!, text: "x")), at: noon)
    try journaling.store.commit()
    try journaling.finish()
    #expect(try startAndEnd(folder).nextID == 2)
  }

  @Test(arguments: [-1, 0, 1, 10], [false, true])
  func `leaves nothing of a failed turn in the journal or the log`(
    count: Int, isInLog: Bool
  ) throws {
    let folder = try TemporaryFolder()
    let journaling = try Journaling(folder)
    try journaling.settle(try journaling.turn([Self.account(1)], line: "one"))
    let (before, log) = (try folder.bytes("journal.jsonl"), try folder.bytes("chat.log"))
    let length = line(JournalLine(Self.account(2)), 3).count
    journaling.disk.fill(after: max(0, isInLog ? length + count : count))
    #expect(throws: Errno.noSpace) { try journaling.turn([Self.account(2)], line: "two") }
    #expect(try folder.bytes("journal.jsonl") == before)
    #expect(try folder.bytes("chat.log") == log)
    #expect(journaling.store.isHolding)
    journaling.abandon()
    #expect(try startAndEnd(folder).accounts == [Account("user1")])
  }

  @Test func `releases nothing that could not be synced, and the next commit throws`() throws {
    let journaling = try Journaling(TemporaryFolder())
    journaling.disk.failToSync()
    let turn = try journaling.turn([Self.account(1)])
    #expect(throws: Errno.inputOutput) {
      while true {
        journaling.collect()
        try journaling.store.commit()
      }
    }
    // The turn's output is dropped, and no turn is pending any more.
    #expect(journaling.store.isHolding && journaling.store.durableTurn >= turn)
    journaling.abandon()
  }

  @Test(arguments: SyncPolicy.allCases)
  func `holds turns back while its long journal is moved, and has all of them after a crash`(policy: SyncPolicy) throws
  {
    let folder = try TemporaryFolder()
    let journaling = try Journaling(folder, policy: policy, journalBytesMax: 50 << 10)
    let topic = String(repeating: "x", count: 2000)
    func room(_ number: Int) -> Record { .room(RoomRecord(name: Name("room\(number)")!, topic: topic), was: nil) }
    let before = try File.status(folder.folder.journal).inode
    // No sync ends before `releaseSyncs` below.
    journaling.disk.hold()
    for number in 1...100 { try journaling.turn([room(number)]) }
    let saved = Semaphore()
    journaling.store.save { _ in saved.signal() }
    saved.wait()
    if policy != .no {
      journaling.disk.hasBegun.wait()
      journaling.disk.mayEnd.signal()
    }
    repeat { journaling.collect() } while journaling.store.durability.isSyncing
    // The files show all changes but this one, so the move drops some lines and keeps this one.
    var turn = try journaling.turn([room(101)])
    journaling.disk.hasBegun.wait()
    #expect(journaling.store.journal.isMoving)
    turn = try journaling.turn([room(102)])
    #expect(journaling.store.durableTurn < turn)
    #expect(!(try folder.text("journal.jsonl").contains("room102")))
    journaling.disk.releaseSyncs()
    try journaling.settle(turn)
    #expect(try File.status(folder.folder.journal).inode != before)
    #expect(try folder.text("journal.jsonl").contains("room102"))
    journaling.abandon()
    #expect(try startAndEnd(folder).rooms.count == 102)
  }
}

/// Starts a server on the folder and stops it. Returns the loaded data.
func startAndEnd(_ folder: TemporaryFolder) throws -> LoadedData {
  let (store, loaded) = try open(folder)
  _ = try store.finish(isClean: true)
  return loaded
}
