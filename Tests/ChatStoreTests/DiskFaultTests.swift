import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

private let alice = Account(name: Name("alice")!, password: "$y$j9T$salt$hash")

private func open(
  _ folder: TemporaryFolder, _ disk: FaultyDisk, policy: SyncPolicy = .always, woken: Semaphore = Semaphore()
) throws -> Store {
  try Store.open(
    folder.folder, policy: policy, disk: disk.calls, clock: { noon }, report: { _ in }, wake: { woken.signal() }
  ).0
}

private func say(_ id: MessageID, _ store: Store) {
  store.append(.message(RoomMessage(id: id, room: .lobby, from: alice.name, text: "hi")), at: noon)
}

private func ids(_ folder: TemporaryFolder) throws -> [MessageID] {
  try folder.text("chat.log").split(separator: "\n").map {
    try #require(LogFormat.parse(Array($0.utf8))?.message).message.id
  }
}

private let failures: [Errno] = [.noSpace, .quotaExceeded, .inputOutput, .readOnlyFileSystem]

@Suite struct `When the disk fails` {
  @Test(arguments: failures, [0, 1, 30, 70, 100])
  func `a turn that cannot be written leaves nothing, and is written once after recovery`(
    errno: Errno, bytes: Int
  ) throws {
    let folder = try TemporaryFolder()
    let disk = FaultyDisk()
    let store = try open(folder, disk)
    say(1, store)
    try store.commit()
    disk.failWriting(errno, after: bytes)
    say(2, store)
    say(3, store)
    store.append(.account(alice, was: nil))
    #expect(throws: errno) { try store.commit() }
    #expect(try ids(folder) == [1])
    #expect(store.isHolding)
    // A record that cannot be rejected is written after the failed turn.
    store.append(.event("offline", [.init("user", "alice")], text: nil), at: noon)
    try store.commit()
    disk.failWriting(errno)
    #expect(throws: StoreError.self) { try store.resume() }
    #expect(store.isHolding)
    #expect(try ids(folder) == [1])
    disk.failWriting(nil)
    #expect(try store.resume() == 0)
    #expect(!store.isHolding)
    say(4, store)
    try store.commit()
    let events = try folder.text("chat.log").split(separator: "\n").map { LogFormat.parse(Array($0.utf8))!.event }
    #expect(events == ["message", "message", "message", "offline", "message"])
    _ = try store.finish(isClean: true)
    #expect(try folder.text("users.csv").contains("alice,"))
  }

  @Test(arguments: failures)
  func `space is reserved before records are appended, and records with space are written`(errno: Errno) throws {
    let folder = try TemporaryFolder()
    let disk = FaultyDisk()
    let store = try open(folder, disk)
    #expect(!store.hasRoom)
    try store.makeRoom()
    #expect(store.hasRoom)
    disk.failReserving(errno)
    say(1, store)
    // Lines are appended until the reserved space is used up.
    while store.hasRoom { store.append(.event("x", [], text: String(repeating: "x", count: 10_000)), at: noon) }
    #expect(throws: errno) { try store.makeRoom() }
    store.hold()
    say(2, store)
    #expect(store.hasUncommitted)
    try store.commit()
    #expect(try folder.text("chat.log").contains("id=1 "))
    #expect(try !folder.text("chat.log").contains("id=2 "))
    disk.failReserving(nil)
    #expect(try store.resume() == 0)
    #expect(try folder.text("chat.log").contains("id=2 "))
  }

  @Test func `lines in memory are limited, and dropped ones are counted`() throws {
    let folder = try TemporaryFolder()
    let store = try open(folder, FaultyDisk())
    store.hold()
    for _ in 0..<200 { store.append(.event("x", [], text: String(repeating: "x", count: 10_000)), at: noon) }
    let lost = try store.resume()
    #expect(lost > 0)
    #expect(try folder.text("chat.log").split(separator: "\n").count == 200 - lost)
  }

  @Test func `a file system without fallocate is written to without it`() throws {
    let folder = try TemporaryFolder()
    let disk = FaultyDisk()
    disk.failReserving(.notSupported)
    let store = try open(folder, disk)
    try store.makeRoom()
    #expect(store.hasRoom)
  }

  @Test func `a stop does not wait for ever for a disk that hangs`() throws {
    let folder = try TemporaryFolder()
    let (asked, answers) = (Semaphore(), Semaphore())
    let disk = DiskCalls(
      write: { (descriptor, bytes) throws(Errno) in try descriptor.write(bytes) },
      sync: { (descriptor) throws(Errno) in
        asked.signal()
        answers.wait()
      })
    let store = try Store.open(folder.folder, policy: .always, disk: disk, clock: { noon }, report: { _ in }).0
    store.append(.account(alice, was: nil))
    try store.commit()
    asked.wait()
    #expect(throws: StoreError.self) { try store.finish(isClean: true, timeoutNanoseconds: 1_000_000) }
    for _ in 0..<100 { answers.signal() }
  }

  @Test func `a stop releases unused space`() throws {
    let folder = try TemporaryFolder()
    let store = try open(folder, FaultyDisk())
    try store.makeRoom()
    say(1, store)
    try store.commit()
    _ = try store.finish(isClean: true)
    #expect(try ids(folder) == [1])
  }

  @Test(arguments: [SyncPolicy.always, .everysec, .no])
  func `a power failure keeps what the policy promises`(policy: SyncPolicy) throws {
    let folder = try TemporaryFolder()
    let disk = FaultyDisk()
    var acknowledged: [MessageID] = []
    do {
      let woken = Semaphore()
      let store = try open(folder, disk, policy: policy, woken: woken)
      for id in 1...20 as ClosedRange<MessageID> {
        if id == 15 { disk.failSyncing(.inputOutput) }
        say(id, store)
        do throws(Errno) {
          let turn = try store.commit()
          while store.durableTurn < turn {
            woken.wait()
            store.collect()
            try store.commit()
          }
          if !store.isHolding { acknowledged.append(id) }
        } catch {
          #expect(policy == .always && id == 15)
        }
      }
      store.abandon()
    }
    for path in [folder.folder.log, folder.folder.journal] { try disk.losePower(path) }
    #expect(acknowledged == Array(1...(policy == .always ? 14 : 20)))
    let kept = try ids(folder)
    #expect(kept == Array(acknowledged.prefix(kept.count)))
    if policy == .always { #expect(kept == acknowledged) }
    let (_, loaded) = try Store.open(folder.folder, clock: { noon }, report: { _ in })
    #expect(loaded.nextID > (policy == .no ? kept.last ?? 0 : 20))
  }

  @Test func `a removed log is created again`() throws {
    let folder = try TemporaryFolder()
    let store = try open(folder, FaultyDisk())
    say(1, store)
    try store.commit()
    try File.unlink(folder.folder.log)
    say(2, store)
    try store.commit()
    #expect(try ids(folder) == [2])
  }

  @Test func `a removed journal is created again, and the files are written`() throws {
    let folder = try TemporaryFolder()
    let store = try open(folder, FaultyDisk())
    store.append(.account(alice, was: nil))
    try store.commit()
    try File.unlink(folder.folder.journal)
    say(1, store)
    store.append(.room(RoomRecord(name: Name("den")!), was: nil))
    try store.commit()
    #expect(try folder.text("journal.jsonl").contains("\"den\""))
    _ = try store.finish(isClean: true)
    #expect(try folder.text("users.csv").contains("alice,"))
    #expect(try folder.text("rooms.json").contains("den"))
  }

  @Test func `a truncated log has space reserved again`() throws {
    let folder = try TemporaryFolder()
    let store = try open(folder, FaultyDisk())
    try store.makeRoom()
    say(1, store)
    try store.commit()
    try File.open(folder.folder.log, .writeOnly).truncate(to: 0)
    say(2, store)
    try store.commit()
    #expect(!store.hasRoom)
    try store.makeRoom()
    #expect(store.hasRoom)
  }
}
