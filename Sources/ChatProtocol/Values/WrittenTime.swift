import JSON

/// A time as people write it, everywhere the same: a day, or a day and a time of day with `T` or a blank between them, with or
/// without seconds and decimals of them, and with a zone (`Z`, `+01:00`) or without one.
///
/// `2026-11-20`, `2026-11-20T20:15`, `2026-11-20 20:15:09.5Z`, `2026-11-20T20:15+01:00`.
package struct WrittenTime: Equatable, Sendable {
  package var year: Int
  package var month: Int
  package var day: Int
  package var clock: TimeOfDay
  /// How far the zone's clocks are ahead of UTC; nil where no zone is written.
  package var offset_ms: Int64?

  package static let rule = "write a day like 2026-11-20 or an instant like 2026-11-20T20:11:02Z"

  /// nil for anything else, and for a day that there is not.
  package init?(_ text: String) {
    var reader = WrittenTimeReader(text)
    guard let year = reader.number(digits: 4...4), reader.passes("-"), let month = reader.number(digits: 2...2),
      reader.passes("-"), let day = reader.number(digits: 2...2), (1...12).contains(month),
      (1...CivilDate.days(in: month, of: year)).contains(day)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
    clock = TimeOfDay()
    if reader.isAtEnd { return }
    guard reader.passes("T") || reader.passes("t") || reader.passes(" "), let clock = reader.timeOfDay() else {
      return nil
    }
    self.clock = clock
    if reader.isAtEnd { return }
    guard let offset_ms = reader.zone(), reader.isAtEnd else { return nil }
    self.offset_ms = offset_ms
  }

  /// What clocks in UTC show then, as an instant of theirs.
  private var milliseconds: Int64 {
    Int64(CivilDate(year: year, month: month, day: day).daysSince1970) * 86_400_000 + clock.milliseconds
  }

  /// The instant; one without a zone is of UTC. nil where it is none of the years 0000 to 9999 there.
  package var instant: Timestamp? { Timestamp(exactly: milliseconds - (offset_ms ?? 0)) }
}

/// `20:15`, `7:05:09.5`.
package struct TimeOfDay: Equatable, Sendable {
  package var hour = 0
  package var minute = 0
  package var second = 0
  package var millisecond = 0

  init() {}

  package init?(_ text: String) {
    var reader = WrittenTimeReader(text)
    guard let time = reader.timeOfDay(), reader.isAtEnd else { return nil }
    self = time
  }

  var milliseconds: Int64 { Int64(((hour * 60 + minute) * 60 + second) * 1000 + millisecond) }
}

private struct WrittenTimeReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { position == bytes.count }

  mutating func passes(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func number(digits range: ClosedRange<Int>) -> Int? {
    let digits = bytes[position...].prefix { $0.isASCIIDigit }.prefix(range.upperBound)
    guard range.contains(digits.count) else { return nil }
    position += digits.count
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  mutating func timeOfDay() -> TimeOfDay? {
    var time = TimeOfDay()
    guard let hour = number(digits: 1...2), hour < 24, passes(":"), let minute = number(digits: 2...2), minute < 60
    else { return nil }
    (time.hour, time.minute) = (hour, minute)
    guard passes(":") else { return time }
    guard let second = number(digits: 2...2), second < 60 else { return nil }
    time.second = second
    guard passes(".") else { return time }
    let decimals = bytes[position...].prefix { $0.isASCIIDigit }
    if decimals.isEmpty { return nil }
    position += decimals.count
    var scale = 100
    for digit in decimals.prefix(3) {
      time.millisecond += Int(digit - UInt8(ascii: "0")) * scale
      scale /= 10
    }
    return time
  }

  mutating func zone() -> Int64? {
    if passes("Z") || passes("z") { return 0 }
    let isAhead = passes("+")
    guard isAhead || passes("-"), let hours = number(digits: 2...2), hours < 24, passes(":"),
      let minutes = number(digits: 2...2), minutes < 60
    else { return nil }
    return Int64(hours * 60 + minutes) * 60_000 * (isAhead ? 1 : -1)
  }
}
