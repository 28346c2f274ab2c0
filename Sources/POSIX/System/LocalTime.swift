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

  /// When clocks here show this, in milliseconds since 1970, UTC: from the first such instant to the last. There are two in the
  /// hour that comes twice when clocks are set back. Where they are set forward over it, these are what it would be by the
  /// clocks of before and of after. A day or an hour beyond its month or day is one of the next or the last.
  package var milliseconds: ClosedRange<Int64>? {
    var parts = unsafe tm()
    unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (CInt(year - 1900), CInt(month - 1), CInt(day))
    unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (CInt(hour), CInt(minute), CInt(second))
    errno = 0
    // What it would be in UTC; no clock is a day away from that, or is set twice within two days.
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
    unsafe self.init(LocalTime.parts(milliseconds: milliseconds))
  }

  private init(_ parts: tm) {
    unsafe self.init(
      year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday), hour: Int(parts.tm_hour),
      minute: Int(parts.tm_min), second: Int(parts.tm_sec))
  }
}
