import ChatCore
import ChatProtocol
import POSIX

/// The time of a turn. All that happens in one turn happens at the same time.
struct Clock {
  /// What the core is told.
  private(set) var time = Clock.systemTime
  /// What the wall clock shows: it labels, and jumps when somebody sets it.
  var now: Timestamp { time.wall }
  /// What durations are measured with: it never jumps.
  private(set) var monotonic_us: Int64

  var monotonic_ms: Int64 { monotonic_us / 1000 }

  init() {
    monotonic_us = SystemClock.monotonic_ns / 1000
  }

  private static var systemTime: TurnTime {
    TurnTime(
      wall: Timestamp(milliseconds: SystemClock.now_ms), steady: SteadyTime(milliseconds: SystemClock.uptime_ms))
  }

  /// What the wall clock calls a moment that is past.
  func label(monotonic_us past: Int64) -> Timestamp { now.adding(milliseconds: (past - monotonic_us) / 1000) }

  mutating func advance() {
    time = Clock.systemTime
    monotonic_us = SystemClock.monotonic_ns / 1000
  }
}
