import ChatProtocol
import POSIX

/// The local time of the machine that `chat-admin` runs on. Text shows times by it; JSON is UTC.
struct WallClock {
  var now: () -> Timestamp
  /// The local time at an instant.
  var localTime: (Timestamp) -> LocalTime
  /// The name of the time zone at an instant: `CET`.
  var zone: (Timestamp) -> String

  static var local: WallClock {
    WallClock(
      now: { Timestamp(milliseconds: SystemClock.nowMilliseconds) },
      localTime: { LocalTime(milliseconds: $0.milliseconds) },
      zone: { LocalTime.zone(milliseconds: $0.milliseconds) })
  }

  /// `2026-11-20 21:11`.
  func minute(_ time: Timestamp) -> String {
    let time = localTime(time)
    return "\(time.year)-\(digits(time.month))-\(digits(time.day)) \(digits(time.hour)):\(digits(time.minute))"
  }

  /// `2026-11-20 21:11:02`.
  func second(_ time: Timestamp) -> String { "\(minute(time)):\(digits(localTime(time).second))" }

  /// `21:11:02`.
  func timeOfDay(_ time: Timestamp) -> String { String(second(time).suffix(8)) }

  private func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// Reads the value of `--since` and `--until`: `2h`, `20:15`, `2026-11-20`, a date and time, or an id.
struct LogBoundParser {
  static let rule =
    "a duration ago like 2h, a time like 20:15, a date like 2026-11-20, both like 2026-11-20T20:15, or an id"

  var now = Timestamp(milliseconds: SystemClock.nowMilliseconds)
  /// The instants at which clocks here show a local time: two where clocks are set back.
  var instants: (LocalTime) -> ClosedRange<Int64>? = { $0.milliseconds }

  /// nil if it is none of these. Times without a zone are local. Of a time that occurs twice because clocks are set back,
  /// `isEnd` takes the second instead of the first.
  func parse(_ text: String, isEnd: Bool = false) -> ControlLogQuery.Moment? {
    if let position = LogPosition(text) { return .position(position) }
    return time(text, isEnd).map { .time($0) }
  }

  private func time(_ text: String, _ isEnd: Bool) -> Timestamp? {
    if let seconds = TimeSpan.seconds(text) { return now.adding(milliseconds: -seconds * 1000) }
    if let clock = TimeOfDay(text) { return latest(clock, isEnd) }
    guard let written = WrittenTime(text) else { return nil }
    if written.offsetMilliseconds != nil { return written.instant }
    guard let times = range((written.year, written.month, written.day), written.clock) else { return nil }
    return isEnd ? times.upperBound : times.lowerBound
  }

  /// The latest time up to now at which clocks showed `20:15`.
  private func latest(_ clock: TimeOfDay, _ isEnd: Bool) -> Timestamp? {
    let today = LocalTime(milliseconds: now.milliseconds)
    let days = [today.day, today.day - 1].compactMap { range((today.year, today.month, $0), clock) }
    let times = days.flatMap { isEnd ? [$0.upperBound, $0.lowerBound] : [$0.lowerBound, $0.upperBound] }
    return times.first { $0 <= now } ?? times.last
  }

  private func range(_ date: (year: Int, month: Int, day: Int), _ clock: TimeOfDay) -> ClosedRange<Timestamp>? {
    let time = LocalTime(
      year: date.year, month: date.month, day: date.day, hour: clock.hour, minute: clock.minute, second: clock.second)
    guard let found = instants(time) else { return nil }
    func exact(_ milliseconds: Int64) -> Timestamp {
      Timestamp(milliseconds: milliseconds).adding(milliseconds: Int64(clock.millisecond))
    }
    return exact(found.lowerBound)...exact(found.upperBound)
  }
}
