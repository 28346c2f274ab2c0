import Glibc

/// The kernel's clocks, clock_gettime(2).
package enum SystemClock {
  /// The time of day in milliseconds since 1970, UTC. It jumps when somebody sets it.
  package static var now_ms: Int64 { read(CLOCK_REALTIME).nanoseconds / 1_000_000 }

  /// Nanoseconds since some moment before the process began. It never jumps, so durations are measured with it.
  package static var monotonic_ns: Int64 { read(CLOCK_MONOTONIC).nanoseconds }

  /// Milliseconds since the machine started, those in which it slept included. It never jumps either.
  package static var uptime_ms: Int64 { read(CLOCK_BOOTTIME).nanoseconds / 1_000_000 }

  /// Tells one start of the machine from another, random(4); nil where the system does not say.
  package static let bootID: String? = {
    guard let bytes = try? File.readWhole("/proc/sys/kernel/random/boot_id", bytes_max: 64) else { return nil }
    let text = String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
    return text.isEmpty ? nil : text
  }()

  /// How long the calling thread has had a processor.
  package static var thread_ns: Int64 { read(CLOCK_THREAD_CPUTIME_ID).nanoseconds }

  private static func read(_ clock: clockid_t) -> timespec {
    var time = timespec()
    let code = unsafe clock_gettime(clock, &time)
    precondition(code == 0, "Linux has these clocks")
    return time
  }
}

extension timespec {
  /// The whole as nanoseconds; fits until the year 2262.
  var nanoseconds: Int64 { Int64(tv_sec) * 1_000_000_000 + Int64(tv_nsec) }
}
