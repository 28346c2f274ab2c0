import ChatProtocol
import POSIX

/// Where in the log, as people say it: `2h`, `20:15`, `2026-11-20`, a whole time, or an id.
struct LogMoment {
  static let rule = "a duration ago as 2h, a time as 20:15, a date as 2026-11-20, both as 2026-11-20T20:15, or an id"

  /// What the clock says.
  var now = Timestamp(milliseconds: SystemClock.now_ms)
  /// When clocks of this place show a time.
  var instants: (LocalTime) -> ClosedRange<Int64>? = { $0.milliseconds }

  /// nil for what is none of these. Times without a zone are of the place that the process is in; of one that clocks show twice,
  /// because they are set back, `isEnd` takes the second and not the first.
  func moment(_ text: String, isEnd: Bool = false) -> ControlLogQuery.Moment? {
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

  /// `20:15` is the last time that clocks showed that.
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
    let (first, last) = (Timestamp(milliseconds: found.lowerBound), Timestamp(milliseconds: found.upperBound))
    let rest_ms = Int64(clock.millisecond)
    return first.adding(milliseconds: rest_ms)...last.adding(milliseconds: rest_ms)
  }
}
