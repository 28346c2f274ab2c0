import ChatCore
import ChatProtocol
import POSIX
import Testing

@testable import ChatServer

@Suite struct TablesTests {
  @Test(arguments: [
    PollerToken.listener, .controlListener, .inbox, .signals, .control(0), .control(1 << 40),
    .session(SessionID(slot: 0, generation: 1)), .session(SessionID(slot: .max, generation: 0x7FFF_FFFF)),
  ])
  func `a token stands for one registration`(registration: PollerToken) {
    #expect(PollerToken(token: registration.token) == registration)
  }

  @Test func `a place is used again with another generation`() throws {
    var table = ConnectionTable()
    var seen: Set<SessionID> = []
    for _ in 0..<3 {
      let id = table.nextID()
      #expect(id.slot == 0 && seen.insert(id).inserted)
      let ends = try Socket.pair()
      let connection = Connection(
        id: id, descriptor: ends.first, address: "127.0.0.1", quota: AddressQuota(Network(of: "127.0.0.1")),
        lineBytesMax: 0,
        now_us: 0)
      table.insert(connection)
      #expect(table[id] === connection && table.count == 1 && connection.quota.connectionCount == 1)
      table.remove(connection)
      #expect(table[id] == nil && table.count == 0 && connection.quota.connectionCount == 0)
    }
  }

  @Test func `what is over leaves the queue, and what is left keeps its order`() {
    var queue = DeadlineQueue<Int>()
    for number in 0..<200 { queue.append(number, due_ms: Int64(number)) }
    for _ in 0..<10 { _ = queue.popDue(at: 1000) }
    #expect(queue.count == 190)
    queue.removeAll { number, due_ms in number % 2 == 0 || due_ms > 100 }
    #expect(queue.count == 45)
    var left: [Int] = []
    while let number = queue.popDue(at: 1000) { left.append(number) }
    #expect(left == Array(stride(from: 11, through: 99, by: 2)))
  }

  @Test func `who is turned away is told of at once and then once a minute`() {
    var rejections = RejectedConnections()
    let (one, two) = (
      RejectedConnections.Reason.banned(.addresses(AddressBlock("::1")!)),
      RejectedConnections.Reason.tooFast(Network(of: "192.0.2.1"))
    )
    #expect(rejections.note(one, "::1", at: 0) == true)
    for time in 1...5000 { #expect(rejections.note(one, "::1", at: Int64(time)) == false) }
    #expect(rejections.note(two, "192.0.2.1", at: 5000) == true)
    #expect(rejections.takeDue(at: 59_999).isEmpty)
    #expect(rejections.takeDue(at: 60_000).map(\.count) == [5000])
    #expect(rejections.note(one, "::1", at: 60_001) == false)
    #expect(rejections.takeDue(at: 65_000).isEmpty)
    #expect(rejections.note(two, "192.0.2.1", at: 65_000) == true, "nobody came within its minute: it begins anew")
    #expect(rejections.takeDue(at: 120_000).map(\.count) == [1])
    #expect(rejections.takeDue(at: 180_000).isEmpty)
  }

  @Test func `a flood from very many addresses is a bounded number of lines`() {
    var rejections = RejectedConnections()
    var lines = 0
    for number in 0..<100_000 {
      if rejections.note(.tooFast(.v4(UInt32(number))), "an address", at: 0) { lines += 1 }
    }
    lines += rejections.takeDue(at: 60_000).count
    #expect(lines < 600)
  }

  @Test func `work is done by turns of the addresses, and what is too much is the longest row's`() {
    var queue = FairQueue<Int>()
    let (busy, quiet) = (Network(of: "192.0.2.1"), Network(of: "192.0.2.2"))
    for number in 0..<6 { #expect(queue.append(number, for: busy, upTo: 6) == nil) }
    #expect(queue.append(6, for: busy, upTo: 6) == 6)
    #expect(queue.append(10, for: quiet, upTo: 6) == 5, "the last of the longest row gives way")
    #expect(queue.append(11, for: nil, upTo: 6) == 4)
    var order: [Int] = []
    while let next = queue.popFirst() { order.append(next) }
    #expect(order == [0, 10, 11, 1, 2, 3])
    #expect(queue.isEmpty)
    #expect(queue.append(1, for: busy, upTo: 0) == 1)
    #expect(queue.popFirst() == nil)
  }

  @Test func `connections are decoded by turns of their addresses`() throws {
    var queue = DecodeQueue()
    func connection(_ slot: Int32, _ quota: AddressQuota) throws -> Connection {
      let ends = try Socket.pair()
      return Connection(
        id: SessionID(slot: slot, generation: 1), descriptor: ends.first, address: "", quota: quota,
        lineBytesMax: 0, now_us: 0)
    }
    let (busy, quiet) = (AddressQuota(Network(of: "192.0.2.1")), AddressQuota(Network(of: "192.0.2.2")))
    for slot in 0..<200 { queue.append(try connection(Int32(slot), busy)) }
    queue.append(try connection(1000, quiet))
    var order: [Int32] = []
    while let next = queue.popFirst() { order.append(next.id.slot) }
    #expect(order == [0, 1000] + Array(1..<200))
    #expect(queue.isEmpty && queue.count == 0)
  }

  @Test func `an address is remembered as long as what it did counts`() {
    var quotas = AddressQuotas()
    let rate = CommandRate(perMinute: 60)
    let quota = quotas.quota(for: Network(of: "192.0.2.1"))
    for _ in 0..<60 {
      #expect(quota.arrivals.allows(rate, at: 0))
      quota.arrivals.take(rate, at: 0)
    }
    #expect(!quota.arrivals.allows(rate, at: 999_999))
    #expect(quota.arrivals.allows(rate, at: 1_000_000))
    quotas.forgetOld(at: 59_000_000)
    #expect(quotas[quota.network] === quota)
    quotas.forgetOld(at: 60_000_000)
    #expect(quotas[quota.network] == nil)
  }

  @Test func `what is due comes in order and once`() {
    var queue = DeadlineQueue<Int>()
    for number in 0..<200 { queue.append(number, due_ms: Int64(number)) }
    var seen: [Int] = []
    for now_ms in stride(from: Int64(0), through: 250, by: 7) {
      while let number = queue.popDue(at: now_ms) {
        #expect(number <= now_ms)
        seen.append(number)
      }
      #expect(queue.nextDue_ms.map { $0 > now_ms } ?? true)
    }
    #expect(seen == Array(0..<200))
  }
}
