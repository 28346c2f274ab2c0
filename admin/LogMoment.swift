import ChatProtocol
import POSIX
import Text

/// Where in the log, as people say it: `2h`, `20:15`, `2026-11-20`, a whole time, or an id.
struct LogMoment {
  static let rule = "a duration ago as 2h, a time as 20:15, a date as 2026-11-20, both as 2026-11-20T20:15, or an id"

  /// What the clock says.
  var now = Timestamp(milliseconds: SystemClock.now_ms)

  /// nil for what is none of these. Times without a zone are of the place that the process is in.
  func moment(_ text: String) -> ControlLogQuery.Moment? {
    if let position = LogPosition(text) { return .position(position) }
    return time(text).map { .time($0) }
  }

  private func time(_ text: String) -> Timestamp? {
    if let time = Timestamp(text) { return time }
    if let seconds = Self.seconds(text) { return now.adding(milliseconds: -seconds * 1000) }
    if let time = withZone(text) { return time }
    let parts = text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "T" || $0 == " " })
    if parts.count == 1, let clock = Self.clock(parts[0]) { return latest(clock) }
    guard let first = parts.first, parts.count <= 2, let date = Self.date(first),
      let clock = parts.count == 2 ? Self.clock(parts[1]) : (0, 0, 0)
    else { return nil }
    return Self.timestamp(date, clock)
  }

  /// `20:15` is the last time that clocks showed that.
  private func latest(_ clock: (hour: Int, minute: Int, second: Int)) -> Timestamp? {
    let today = LocalTime(milliseconds: now.milliseconds)
    let time = Self.timestamp((today.year, today.month, today.day), clock)
    guard let time, time > now else { return time }
    return Self.timestamp((today.year, today.month, today.day - 1), clock)
  }

  /// `2026-11-20T20:15:00+01:00`.
  private func withZone(_ text: String) -> Timestamp? {
    guard text.count > 6, let sign = text.dropLast(5).last, sign == "+" || sign == "-",
      let zone = Self.clock(text.suffix(5)), let time = Timestamp("\(text.dropLast(6))Z")
    else { return nil }
    let minutes = Int64(zone.hour * 60 + zone.minute) * (sign == "+" ? 1 : -1)
    return time.adding(milliseconds: -minutes * 60_000)
  }

  /// `90s`, `15m`, `2h`, `3d`, `1w`.
  private static func seconds(_ text: String) -> Int64? {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    guard let last = text.last, let unit = units[last], let count = number(text.dropLast(), digits: 1...6) else {
      return nil
    }
    return Int64(count) * unit
  }

  private static func date(_ text: Substring) -> (year: Int, month: Int, day: Int)? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    // A date that there is: the 30th of February is a slip, and not the 2nd of March.
    guard parts.count == 3, Timestamp("\(text)T00:00:00Z") != nil, let year = number(parts[0], digits: 4...4),
      let month = number(parts[1], digits: 2...2), let day = number(parts[2], digits: 2...2)
    else { return nil }
    return (year, month, day)
  }

  private static func clock(_ text: Substring) -> (hour: Int, minute: Int, second: Int)? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, let hour = number(parts[0], digits: 1...2), hour < 24,
      let minute = number(parts[1], digits: 2...2), minute < 60,
      let second = parts.count == 3 ? number(parts[2], digits: 2...2) : 0, second < 60
    else { return nil }
    return (hour, minute, second)
  }

  private static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int? {
    guard digits.contains(text.utf8.count), text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
    return Int(text)
  }

  private static func timestamp(
    _ date: (year: Int, month: Int, day: Int), _ clock: (hour: Int, minute: Int, second: Int)
  ) -> Timestamp? {
    let time = LocalTime(
      year: date.year, month: date.month, day: date.day, hour: clock.hour, minute: clock.minute, second: clock.second)
    return time.milliseconds.map { Timestamp(milliseconds: $0) }
  }
}
