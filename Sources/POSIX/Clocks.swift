import Glibc

/// The kernel's clocks, clock_gettime(2).
package enum SystemClock {
  /// The time of day in milliseconds since 1970, UTC. It jumps when the clock is set.
  package static var nowMilliseconds: Int64 { read(CLOCK_REALTIME).nanoseconds / 1_000_000 }

  /// Nanoseconds since some moment before the process began. It never jumps: measure durations with it.
  package static var monotonicNanoseconds: Int64 { read(CLOCK_MONOTONIC).nanoseconds }

  /// Milliseconds since the machine started, including sleep. It never jumps either.
  package static var uptimeMilliseconds: Int64 { read(CLOCK_BOOTTIME).nanoseconds / 1_000_000 }

  /// Identifies this start of the machine, random(4). Nil if the system does not say.
  package static let bootID: String? = {
    guard let bytes = try? File.readWhole("/proc/sys/kernel/random/boot_id", bytesMax: 64) else { return nil }
    let text = String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
    return text.isEmpty ? nil : text
  }()

  /// Processor time of the calling thread.
  package static var threadNanoseconds: Int64 { read(CLOCK_THREAD_CPUTIME_ID).nanoseconds }

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

  /// A negative number becomes 0.
  init(nanoseconds: Int64) {
    let nanoseconds = max(0, nanoseconds)
    self.init(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }
}

/// A local date and time in the process's time zone (TZ, or the system's).
package struct LocalTime: Hashable, Sendable {
  package var year: Int
  /// 1 to 12.
  package var month: Int
  package var day: Int
  package var hour: Int
  package var minute: Int
  package var second: Int

  package init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The instants at which local clocks show this, in milliseconds since 1970, UTC: the first and the last. There are two in the
  /// hour that repeats when clocks are set back. In the hour that is skipped, these are the instants by the offsets before and
  /// after. A day or an hour past its month or day counts into the next.
  package var milliseconds: ClosedRange<Int64>? {
    var parts = unsafe tm()
    unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (CInt(year - 1900), CInt(month - 1), CInt(day))
    unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (CInt(hour), CInt(minute), CInt(second))
    errno = 0
    // As if it were UTC: no zone is a day away from that, or changes its offset twice within two days.
    let asUTC = unsafe Int64(timegm(&parts))
    if asUTC == -1, errno != 0 { return nil }
    let wanted = unsafe LocalTime(parts)
    let found = [asUTC - 86_400, asUTC + 86_400].map { day in
      unsafe asUTC - Int64(LocalTime.parts(milliseconds: day * 1000).tm_gmtoff)
    }
    let shown = found.filter { LocalTime(milliseconds: $0 * 1000) == wanted }
    let seconds = shown.isEmpty ? found : shown
    return seconds.min()! * 1000...seconds.max()! * 1000
  }

  /// The abbreviation of the time zone at an instant (`CET`, `UTC`, `-03`); `milliseconds` since 1970, UTC.
  package static func zone(milliseconds: Int64) -> String {
    let parts = unsafe parts(milliseconds: milliseconds)
    // The text belongs to the C library and stays while TZ does not change; this project never changes it.
    return unsafe parts.tm_zone.map { unsafe String(cString: $0) } ?? "UTC"
  }

  /// localtime_r(3).
  private static func parts(milliseconds: Int64) -> tm {
    // Rounded down, before 1970 too.
    var seconds = time_t(milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0))
    var parts = unsafe tm()
    // It fails only if the year does not fit into 32 bits, and 64 bits of milliseconds do not reach that far.
    let isFilled = unsafe localtime_r(&seconds, &parts) != nil
    precondition(isFilled, "every instant has a year that fits")
    return unsafe parts
  }

  /// localtime_r(3); `milliseconds` since 1970, UTC.
  package init(milliseconds: Int64) { unsafe self.init(LocalTime.parts(milliseconds: milliseconds)) }

  private init(_ parts: tm) {
    unsafe self.init(
      year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday), hour: Int(parts.tm_hour),
      minute: Int(parts.tm_min), second: Int(parts.tm_sec))
  }
}
