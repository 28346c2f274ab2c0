import ChatProtocol
import POSIX

/// The time of a turn. All that happens in one turn happens at the same time.
struct Clock {
  /// What the core is told: it never goes back, even when somebody sets the system's clock.
  private(set) var now: Timestamp
  /// What durations are measured with: it never jumps.
  private(set) var monotonic_us: Int64

  var monotonic_ms: Int64 { monotonic_us / 1000 }

  init() {
    now = Timestamp(milliseconds: SystemClock.now_ms)
    monotonic_us = SystemClock.monotonic_ns / 1000
  }

  mutating func advance() {
    now = max(now, Timestamp(milliseconds: SystemClock.now_ms))
    monotonic_us = SystemClock.monotonic_ns / 1000
  }
}
