import Testing

@testable import chat_bench

struct ScheduleTests {
  @Test func `a window limits the messages whose deliveries are pending`() {
    let schedule = Schedule(pace: .window(3), end: .messages(10))
    func isDue(sent: Int, underWay: Int) -> Bool {
      schedule.isDue(elapsed: 0, sent: sent, inFlight: underWay, each: 9)
    }
    #expect(isDue(sent: 0, underWay: 0))
    #expect(isDue(sent: 2, underWay: 18))
    #expect(!isDue(sent: 3, underWay: 19))
    #expect(!isDue(sent: 3, underWay: 27))
    #expect(!isDue(sent: 10, underWay: 0))
  }

  @Test func `a rate depends only on the clock, not on pending messages`() {
    let schedule = Schedule(pace: .rate(1000), end: .seconds(2))
    func due(at elapsed: Int64) -> Int {
      var sent = 0
      while schedule.isDue(elapsed: elapsed, sent: sent, inFlight: 1 << 40, each: 9) {
        sent += 1
      }
      return sent
    }
    #expect(due(at: 0) == 0)
    #expect(due(at: 1) == 1)
    #expect(due(at: 5_000_000) == 5)
    #expect(due(at: 1_000_000_000) == 1000)
  }

  @Test func `a schedule ends after a number of messages or a time`() {
    let counted = Schedule(pace: .rate(1), end: .messages(2))
    #expect(!counted.isOver(elapsed: .max, sent: 1))
    #expect(counted.isOver(elapsed: 0, sent: 2))
    let timed = Schedule(pace: .window(1), end: .seconds(0.5))
    #expect(!timed.isOver(elapsed: 499_999_999, sent: .max))
    #expect(timed.isOver(elapsed: 500_000_000, sent: 0))
  }

  @Test func `a group is spread over its rooms, and each room has senders and protocols in turn`() {
    let group = ClientGroup(clients: 9, rooms: 5..<8, sendersInEachRoom: 2, wires: [.text, .json])
    #expect((0..<9).map(group.room) == [5, 6, 7, 5, 6, 7, 5, 6, 7])
    #expect((0..<9).map(group.sends) == [true, true, true, true, true, true, false, false, false])
    #expect((0..<9).map(group.wire) == [.text, .text, .text, .json, .json, .json, .text, .text, .text])
  }
}
