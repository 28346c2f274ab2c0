import ChatCore
import ChatProtocol
import POSIX
import Testing

@testable import ChatServer

@Suite struct TablesTests {
  @Test(arguments: [
    PollerToken.listener(0), .listener(3), .controlListener, .inbox, .signals, .control(0), .control(1 << 40),
    .session(SessionID(slot: 0, generation: 1)), .session(SessionID(slot: .max, generation: 0x7FFF_FFFF)),
  ])
  func `a token names one registration`(registration: PollerToken) {
    #expect(PollerToken(rawValue: registration.rawValue) == registration)
  }

  @Test func `a slot is used again with another generation`() throws {
    var table = ConnectionTable()
    var seen: Set<SessionID> = []
    for _ in 0..<3 {
      let id = table.nextID()
      #expect(id.slot == 0 && seen.insert(id).inserted)
      let ends = try Socket.pair()
      let connection = Connection(
        id: id, transport: Transport(.plain, ends.first), address: "127.0.0.1",
        quota: AddressQuota(Network(of: "127.0.0.1")),
        lineBytesMax: 0,
        now: 0)
      table.insert(connection)
      #expect(table[id] === connection && table.count == 1 && connection.quota.connectionCount == 1)
      table.remove(connection)
      #expect(table[id] == nil && table.count == 0 && connection.quota.connectionCount == 0)
    }
  }

  @Test func `void deadlines leave the queue, and the rest keeps its order`() {
    var queue = DeadlineQueue<Int>()
    for number in 0..<200 { queue.append(number, due: Instant(milliseconds: Int64(number))) }
    for _ in 0..<10 { _ = queue.popDue(at: Instant(milliseconds: 1000)) }
    #expect(queue.count == 190)
    queue.removeAll { number, due in number % 2 == 0 || due > Instant(milliseconds: 100) }
    #expect(queue.count == 45)
    var left: [Int] = []
    while let number = queue.popDue(at: Instant(milliseconds: 1000)) { left.append(number) }
    #expect(left == Array(stride(from: 11, through: 99, by: 2)))
  }

  @Test func `a rejection is logged at once and then once a minute`() {
    var rejections = Rejections()
    let (one, two) = (
      Rejections.Reason.banned(.addresses(AddressBlock("::1")!)),
      Rejections.Reason.tooFast(Network(of: "192.0.2.1"))
    )
    #expect(rejections.isFirst(one, "::1", at: Instant(milliseconds: 0)) == true)
    for time in 1...5000 { #expect(rejections.isFirst(one, "::1", at: Instant(milliseconds: Int64(time))) == false) }
    #expect(rejections.isFirst(two, "192.0.2.1", at: Instant(milliseconds: 5000)) == true)
    #expect(rejections.takeDue(at: Instant(milliseconds: 59_999)).isEmpty)
    #expect(rejections.takeDue(at: Instant(milliseconds: 60_000)).map(\.count) == [5000])
    #expect(rejections.isFirst(one, "::1", at: Instant(milliseconds: 60_001)) == false)
    #expect(rejections.takeDue(at: Instant(milliseconds: 65_000)).isEmpty)
    #expect(
      rejections.isFirst(two, "192.0.2.1", at: Instant(milliseconds: 65_000)) == true,
      "no rejection within its minute: it starts again")
    #expect(rejections.takeDue(at: Instant(milliseconds: 120_000)).map(\.count) == [1])
    #expect(rejections.takeDue(at: Instant(milliseconds: 180_000)).isEmpty)
  }

  @Test func `a flood from very many addresses gives a bounded number of log lines`() {
    var rejections = Rejections()
    var lines = 0
    for number in 0..<100_000 {
      if rejections.isFirst(.tooFast(.v4(UInt32(number))), "an address", at: 0) { lines += 1 }
    }
    lines += rejections.takeDue(at: Instant(milliseconds: 60_000)).count
    #expect(lines < 600)
  }

  @Test func `addresses take turns, and the longest lane drops requests over the limit`() {
    var queue = FairQueue<Int>()
    let (busy, quiet) = (Network(of: "192.0.2.1"), Network(of: "192.0.2.2"))
    for number in 0..<6 { #expect(queue.append(number, for: busy, upTo: 6) == nil) }
    #expect(queue.append(6, for: busy, upTo: 6) == 6)
    #expect(queue.append(10, for: quiet, upTo: 6) == 5, "the last of the longest lane")
    #expect(queue.append(11, for: nil, upTo: 6) == 4)
    var order: [Int] = []
    while let next = queue.popFirst() { order.append(next) }
    #expect(order == [0, 10, 11, 1, 2, 3])
    #expect(queue.isEmpty)
    #expect(queue.append(1, for: busy, upTo: 0) == 1)
    #expect(queue.popFirst() == nil)
  }

  @Test func `addresses take turns in being decoded`() throws {
    var queue = DecodeQueue()
    func connection(_ slot: Int32, _ quota: AddressQuota) throws -> Connection {
      let ends = try Socket.pair()
      return Connection(
        id: SessionID(slot: slot, generation: 1), transport: Transport(.plain, ends.first), address: "", quota: quota,
        lineBytesMax: 0, now: 0)
    }
    let (busy, quiet) = (AddressQuota(Network(of: "192.0.2.1")), AddressQuota(Network(of: "192.0.2.2")))
    for slot in 0..<200 { queue.append(try connection(Int32(slot), busy)) }
    queue.append(try connection(1000, quiet))
    var order: [Int32] = []
    while let next = queue.popFirst() { order.append(next.id.slot) }
    #expect(order == [0, 1000] + Array(1..<200))
    #expect(queue.isEmpty && queue.count == 0)
  }

  @Test func `a quota is retained as long as what it counted`() {
    var quotas = AddressQuotas()
    let rate = Rate(perMinute: 60)
    let quota = quotas.quota(for: Network(of: "192.0.2.1"))
    for _ in 0..<60 {
      #expect(quota.arrivals.allows(rate, at: 0))
      quota.arrivals.count(rate, at: 0)
    }
    #expect(!quota.arrivals.allows(rate, at: 999_999))
    #expect(quota.arrivals.allows(rate, at: 1_000_000))
    quotas.removeExpired(at: 59_000_000)
    #expect(quotas[quota.network] === quota)
    quotas.removeExpired(at: 60_000_000)
    #expect(quotas[quota.network] == nil)
  }

  @Test func `deadlines expire in order and once`() {
    var queue = DeadlineQueue<Int>()
    for number in 0..<200 { queue.append(number, due: Instant(milliseconds: Int64(number))) }
    var seen: [Int] = []
    for milliseconds in stride(from: 0, through: 250, by: 7) {
      let now = Instant(milliseconds: Int64(milliseconds))
      while let number = queue.popDue(at: now) {
        #expect(number <= milliseconds)
        seen.append(number)
      }
      #expect(queue.nextDue.map { $0 > now } ?? true)
    }
    #expect(seen == Array(0..<200))
  }
}
