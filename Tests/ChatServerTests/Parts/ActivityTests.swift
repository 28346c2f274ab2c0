import ChatCore
import ChatProtocol
import Testing

@testable import ChatServer

@Suite struct ActivityTests {
  @Test func `each second has its own sample, and the rates sum the last ones`() {
    var activity = Activity(at: 0)
    for second in 1...100 {
      activity.counts.messages += second
      activity.counts.deliveries += 2
      // Ticks may be late.
      activity.sample(at: Instant(milliseconds: Int64(second) * 1003))
    }
    activity.counts.messages += 7
    let messages = activity.rates.messages
    #expect(messages.total == 5057 && messages.lastSecond == 100)
    #expect(messages.lastTenSeconds == (91...100).reduce(0, +) && messages.lastMinute == (41...100).reduce(0, +))
    #expect(activity.lastMinute.messages == Array(41...100))
    #expect(activity.rates.deliveries.lastMinute == 120 && activity.rates.connections.total == 0)
  }

  @Test func `seconds without a sample count as idle`() {
    var activity = Activity(at: 0)
    activity.counts.messages = 5
    activity.sample(at: Instant(milliseconds: 1000))
    activity.counts.messages = 6
    activity.sample(at: Instant(milliseconds: 4001))
    #expect(activity.lastMinute.messages == [5, 0, 0, 1])
    activity.sample(at: Instant(milliseconds: 86_400_000))
    #expect(activity.lastMinute.messages == Array(repeating: 0, count: 60))
    #expect(activity.rates.messages.total == 6)
  }
}

@Suite struct RecentWarningsTests {
  private let time = Timestamp(milliseconds: 0)

  @Test func `the last ten warnings are retained, each truncated`() {
    var warnings = RecentWarnings()
    for number in 1...12 {
      warnings.append(.event("warning", [], text: "number \(number)"), at: time)
      warnings.append(.event("login", [.init("user", "alice")], text: nil), at: time)
      warnings.append(.message(RoomMessage(id: 1, room: .lobby, from: Name("alice")!, text: "warning")), at: time)
    }
    #expect(warnings.all.map(\.text) == (3...12).map { "number \($0)" })
    warnings.append(
      .event("recording-resumed", [.init("refused", "5"), .init("lines_lost", "0")], text: nil), at: time)
    #expect(warnings.all.last == ControlWarning(time: time, event: "recording-resumed", text: "refused=5 lines_lost=0"))
    warnings.append(.event("fault", [], text: String(repeating: "é", count: 10_000)), at: time)
    #expect(warnings.all.last!.text.utf8.count <= 1024 && warnings.all.count == 10)
  }

  @Test func `a corrected error is removed`() {
    var warnings = RecentWarnings()
    let long = String(repeating: "x", count: 5000)
    for text in ["users.csv:3: no", "rooms.json:1: no", long] {
      warnings.append(.event("fault", [], text: text), at: time)
    }
    warnings.append(.event("warning", [], text: "tea is cold"), at: time)
    warnings.removeFaults(except: ["rooms.json:1: no", long])
    #expect(warnings.all.map(\.text.count) == [16, 1024, 11])
    warnings.removeFaults(except: [])
    #expect(warnings.all.map(\.text) == ["tea is cold"])
  }
}
