import Glibc

/// The kernel's clocks, clock_gettime(2).
package enum SystemClock {
  /// The time of day in milliseconds since 1970, UTC. It jumps when somebody sets it.
  package static var now_ms: Int64 { read(CLOCK_REALTIME).nanoseconds / 1_000_000 }

  /// Nanoseconds since some moment before the process began. It never jumps, so durations are measured with it.
  package static var monotonic_ns: Int64 { read(CLOCK_MONOTONIC).nanoseconds }

  private static func read(_ clock: clockid_t) -> timespec {
    var time = timespec()
    let code = unsafe clock_gettime(clock, &time)
    precondition(code == 0, "Linux has both clocks")
    return time
  }
}

extension timespec {
  /// The whole as nanoseconds; fits until the year 2262.
  var nanoseconds: Int64 { Int64(tv_sec) * 1_000_000_000 + Int64(tv_nsec) }
}
