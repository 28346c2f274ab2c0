import Glibc

/// An instant on the clocks of the place that the process is in (TZ, or the system's time zone).
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

  /// mktime(3), in milliseconds since 1970, UTC; nil for what it cannot tell. A day or an hour beyond its month or day is one of
  /// the next or the last.
  package var milliseconds: Int64? {
    var parts = unsafe tm()
    unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (CInt(year - 1900), CInt(month - 1), CInt(day))
    unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (CInt(hour), CInt(minute), CInt(second))
    // Whether clocks are ahead for the summer follows from the day.
    unsafe parts.tm_isdst = -1
    errno = 0
    let seconds = unsafe mktime(&parts)
    return seconds == -1 && errno != 0 ? nil : Int64(seconds) * 1000
  }

  /// What clocks show then is called by people: `CET`, `UTC`, `-03`; `milliseconds` since 1970, UTC.
  package static func zone(milliseconds: Int64) -> String {
    let parts = unsafe parts(milliseconds: milliseconds)
    // The text is the C library's, and stays until somebody changes TZ, which nobody here does.
    return unsafe parts.tm_zone.map { unsafe String(cString: $0) } ?? "UTC"
  }

  /// localtime_r(3).
  private static func parts(milliseconds: Int64) -> tm {
    // Rounded down, before 1970 too.
    var seconds = time_t(milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0))
    var parts = unsafe tm()
    // It fails only where the year does not fit into its 32 bits, and 64 bits of milliseconds do not reach that far.
    let isFilled = unsafe localtime_r(&seconds, &parts) != nil
    precondition(isFilled, "every instant has a year that fits")
    return unsafe parts
  }

  /// localtime_r(3); `milliseconds` since 1970, UTC.
  package init(milliseconds: Int64) {
    let parts = unsafe LocalTime.parts(milliseconds: milliseconds)
    unsafe self.init(
      year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday), hour: Int(parts.tm_hour),
      minute: Int(parts.tm_min), second: Int(parts.tm_sec))
  }
}
