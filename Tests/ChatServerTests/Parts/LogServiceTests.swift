import ChatCore
import ChatProtocol
import ChatStore
import POSIX
import TestSupport
import Testing

@testable import ChatServer

@Suite struct LogServiceTests {
  @Test func `the lines retained for followers stay within their limit for turns of any size`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let (store, _) = try Store.open(DataFolder(folder), policy: .no, report: { _ in })
    let retainedBytesMax = 256 << 10
    var service = try LogService(history: store.history, retainedBytesMax: retainedBytesMax, inbox: try Inbox())
    service.ask(ControlID(1), ControlLogQuery(.lines, isFollowing: true))
    let time = Timestamp(milliseconds: 0)
    func turn(_ bytes: Int) throws {
      store.append(.event("said", [], text: String(repeating: "x", count: bytes)), at: time)
      try store.commit()
      service.advance(store)
    }
    try turn(1)
    var largest = 0
    // A turn that is long, and then many that are short.
    for number in 0..<5_000 {
      try turn(number % 1000 == 0 ? 200 << 10 : 10)
      // The capacity of an array, as allocated.
      largest = max(
        largest, service.retained.reduce(0) { $0 + $1.bytes.capacity + 32 + MemoryLayout<CommittedLines>.stride })
      #expect(service.retained.last?.end == store.position)
    }
    #expect(largest <= retainedBytesMax)
    #expect(largest > retainedBytesMax / 2)
    _ = try store.finish(isClean: true)
  }
}
