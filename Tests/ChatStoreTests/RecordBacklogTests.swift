import ChatCore
import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatStore

/// A store whose thread is blocked.
struct RecordBacklogTests {
  @Test func `the store reports a long backlog, and wakes the loop when it is short again`() throws {
    let folder = try TemporaryFolder()
    let (isBusy, mayContinue, woken) = (Semaphore(), Semaphore(), Semaphore())
    let (store, _) = try Store.open(
      folder.folder, policy: .no, report: { _ in }, wake: { woken.signal() })
    store.save { _ in
      isBusy.signal()
      mayContinue.wait()
    }
    isBusy.wait()
    // With the policy `no` no sync wakes the loop, and earlier wakes are done.
    var turns = 0
    while !store.isBehind, turns < 1000 {
      let topic = String(repeating: "x", count: 64 << 10)
      let room = RoomRecord(name: Name("r\(turns)")!, topic: topic)
      store.append(.room(room, was: nil))
      try store.commit()
      turns += 1
    }
    #expect(turns > 500 && turns < 530, "32 MiB in pieces of 64 KiB")
    mayContinue.signal()
    // Something else may wake it first.
    while store.isBehind { woken.wait() }
    store.append(.room(RoomRecord(name: Name("one-more")!), was: nil))
    try store.commit()
    _ = try store.finish(isClean: true, timeoutNanoseconds: 600_000_000_000)
    #expect(try folder.text("rooms.json").contains("one-more"))
  }

  @Test func `only the end of an overlong backlog is reported`() {
    let backlog = RecordBacklog()
    backlog.add(RecordBacklog.bytesMax)
    #expect(!backlog.isTooMuch && !backlog.take(1))
    backlog.add(2)
    #expect(backlog.isTooMuch && backlog.take(1) && !backlog.take(1))
  }
}
