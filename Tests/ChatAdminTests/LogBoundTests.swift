import ChatProtocol
import POSIX
import Testing

@testable import chat_admin

/// No test changes TZ, so these hold in every time zone.
@Suite struct LogBoundTests {
  private let now = Timestamp("2026-11-20T12:00:00.000Z")!

  private func time(_ text: String) -> Timestamp? {
    if case .time(let time)? = LogBoundParser(now: now).parse(text) { time } else { nil }
  }

  private func local(_ text: String) -> LocalTime? { time(text).map { LocalTime(milliseconds: $0.milliseconds) } }

  @Test(arguments: [
    ("90s", 90), ("15m", 900), ("2h", 7200), ("3d", 259_200), ("1w", 604_800), ("0s", 0), ("1d12h", 129_600),
    ("36525d", 3_155_760_000),
  ])
  func `a duration is that long ago`(text: String, seconds: Int64) {
    #expect(time(text) == now.adding(milliseconds: -seconds * 1000))
  }

  @Test(arguments: [
    ("2026-11-20T20:11:02.123Z", "2026-11-20T20:11:02.123Z"), ("2026-11-20T20:11:02Z", "2026-11-20T20:11:02.000Z"),
    ("2026-11-20T20:11:02+01:00", "2026-11-20T19:11:02.000Z"),
    ("2026-11-20T20:11:02-05:30", "2026-11-21T01:41:02.000Z"), ("2026-11-20T20:15Z", "2026-11-20T20:15:00.000Z"),
    ("2026-11-20T20:15+01:00", "2026-11-20T19:15:00.000Z"), ("2026-11-20 20:15:09.5Z", "2026-11-20T20:15:09.500Z"),
  ])
  func `a time with a zone`(text: String, expected: String) {
    #expect(time(text)?.description == expected)
  }

  @Test(arguments: [
    ("2026-03-02", 0, 0, 0), ("2026-03-02T20:15", 20, 15, 0), ("2026-03-02 20:15:09", 20, 15, 9),
    ("2026-03-02T7:05", 7, 5, 0),
  ])
  func `a date and a time without a zone are local`(text: String, hour: Int, minute: Int, second: Int) {
    #expect(local(text) == LocalTime(year: 2026, month: 3, day: 2, hour: hour, minute: minute, second: second))
  }

  @Test(arguments: 0..<24) func `a time of day is the latest such time`(hour: Int) throws {
    let found = try #require(time("\(hour):30"))
    #expect(found <= now && now.milliseconds - found.milliseconds < 25 * 3_600_000)
    let local = LocalTime(milliseconds: found.milliseconds)
    #expect(local.hour == hour && local.minute == 30 && local.second == 0)
  }

  @Test func `of a time that occurs twice, a search starts at the first and ends at the second`() {
    var moments = LogBoundParser(now: now)
    let (first, second) = (now.adding(milliseconds: -7_200_000), now.adding(milliseconds: -3_600_000))
    moments.instants = { _ in first.milliseconds...second.milliseconds }
    for text in ["2026-11-20T02:30", "2:30"] {
      #expect(moments.parse(text) == .time(first))
      #expect(moments.parse(text, isEnd: true) == .time(second))
    }
    // Only once so far.
    moments.instants = { _ in first.milliseconds...self.now.milliseconds + 1 }
    #expect(moments.parse("2:30", isEnd: true) == .time(first))
  }

  @Test func `a number is an id`() {
    #expect(LogBoundParser().parse("1042") == .position(LogPosition(id: 1042)))
    #expect(LogBoundParser().parse("#1042.3") == .position(LogPosition(id: 1042, line: 3)))
  }

  @Test(arguments: [
    "", "yesterday", "2 h", "h", "-2h", "2y", "25:00", "20:60", "20:1", "2026-13-01", "2026-02-30", "2026-11",
    "2026-11-20T", "T20:15",
    "2026-11-20T20:15 20:15", "20:15:60", "2026-11-20T20:11:02+25:00", "99999999h",
    "999999w", "5218w", "0000-01-01T00:00+01:00", "9999-12-31T23:59-01:00", "1042.99999999999999999999",
  ])
  func `anything else is not a time`(text: String) { #expect(LogBoundParser(now: now).parse(text) == nil) }
}
