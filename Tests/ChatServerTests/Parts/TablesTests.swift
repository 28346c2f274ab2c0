import ChatCore
import ChatProtocol
import POSIX
import Testing

@testable import ChatServer

@Suite struct TablesTests {
  @Test(arguments: [
    Registration.listener, .controlListener, .inbox, .signals, .control(0), .control(1 << 40),
    .session(SessionID(slot: 0, generation: 1)), .session(SessionID(slot: .max, generation: 0x7FFF_FFFF)),
  ])
  func `a token stands for one registration`(registration: Registration) {
    #expect(Registration(token: registration.token) == registration)
  }

  @Test func `a place is used again with another generation`() throws {
    var table = ConnectionTable()
    var seen: Set<SessionID> = []
    for _ in 0..<3 {
      let id = table.nextID()
      #expect(id.slot == 0 && seen.insert(id).inserted)
      let ends = try Socket.pair()
      let connection = Connection(
        id: id, descriptor: ends.first, address: "127.0.0.1", lineBytesMax: 0, now_us: 0)
      table.insert(connection)
      #expect(table[id] === connection && table.count == 1 && table.count(from: connection.network) == 1)
      table.remove(connection)
      #expect(table[id] == nil && table.count == 0 && table.count(from: connection.network) == 0)
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
    var turnedAway = TurnedAway()
    let (one, two) = (
      Restriction.Subject.addresses(AddressBlock("::1")!), Restriction.Subject.addresses(AddressBlock("::/0")!)
    )
    #expect(turnedAway.note(one, at: 0) == true)
    for time in 1...5000 { #expect(turnedAway.note(one, at: Int64(time)) == false) }
    #expect(turnedAway.note(two, at: 5000) == true)
    #expect(turnedAway.takeDue(at: 59_999).isEmpty)
    #expect(turnedAway.takeDue(at: 60_000).map(\.count) == [5000])
    #expect(turnedAway.note(one, at: 60_001) == false)
    #expect(turnedAway.takeDue(at: 65_000).isEmpty)
    #expect(turnedAway.note(two, at: 65_000) == true, "nobody came within its minute: it begins anew")
    #expect(turnedAway.takeDue(at: 120_000).map(\.count) == [1])
    #expect(turnedAway.takeDue(at: 180_000).isEmpty)
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
