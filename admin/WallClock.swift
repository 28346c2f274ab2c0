import ChatProtocol
import POSIX

/// The clock on the wall where `chat-admin` runs. People are told times by it; JSON is UTC.
struct WallClock {
  var now: () -> Timestamp
  /// What it shows at an instant.
  var local: (Timestamp) -> LocalTime
  /// What its time is called at an instant: `CET`.
  var zone: (Timestamp) -> String

  /// That of the place that the process is in.
  static var here: WallClock {
    WallClock(
      now: { Timestamp(milliseconds: SystemClock.now_ms) }, local: { LocalTime(milliseconds: $0.milliseconds) },
      zone: { LocalTime.zone(milliseconds: $0.milliseconds) })
  }

  /// `2026-11-20 21:11`.
  func minute(_ time: Timestamp) -> String {
    let time = local(time)
    return "\(time.year)-\(digits(time.month))-\(digits(time.day)) \(digits(time.hour)):\(digits(time.minute))"
  }

  /// `2026-11-20 21:11:02`.
  func second(_ time: Timestamp) -> String { "\(minute(time)):\(digits(local(time).second))" }

  /// `21:11:02`.
  func clock(_ time: Timestamp) -> String { String(second(time).suffix(8)) }

  private func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
