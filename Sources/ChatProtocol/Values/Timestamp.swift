import JSON

/// An instant of the years 0000 to 9999 in UTC, which is what four digits can write: milliseconds since 1970-01-01T00:00:00Z,
/// leap seconds not counted (POSIX.1 section 4.16). It labels; durations are measured with a clock that nobody sets.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let milliseconds: Int64

  /// `0000-01-01T00:00:00.000Z` and `9999-12-31T23:59:59.999Z`.
  package static let first = Timestamp(unchecked: -62_167_219_200_000)
  package static let last = Timestamp(unchecked: 253_402_300_799_999)

  private init(unchecked milliseconds: Int64) { self.milliseconds = milliseconds }

  /// What lies beyond the first or the last instant is that one.
  package init(milliseconds: Int64) {
    self.init(unchecked: min(max(milliseconds, Timestamp.first.milliseconds), Timestamp.last.milliseconds))
  }

  /// nil for what lies beyond the first or the last instant.
  package init?(exactly milliseconds: Int64) {
    self.init(milliseconds: milliseconds)
    if self.milliseconds != milliseconds { return nil }
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// At most the first or the last instant.
  package func adding(milliseconds: Int64) -> Timestamp {
    let (sum, isOver) = self.milliseconds.addingReportingOverflow(milliseconds)
    return Timestamp(milliseconds: isOver ? (milliseconds < 0 ? .min : .max) : sum)
  }

  /// RFC 3339, UTC, three decimals: `2026-11-20T20:11:02.123Z`.
  package var description: String {
    var bytes: [UInt8] = []
    bytes.append(timestamp: self)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads RFC 3339 in UTC (`Z`), with or without decimals of a second; nil for anything else.
  package init?(_ text: String) { self.init(utf8: text.utf8) }

  package init?(utf8 bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    self.init(utf8: bytes.span)
  }

  /// Reads an instant as people write it; a `WrittenTime` without a zone is of UTC.
  package init?(written text: String) {
    guard let time = Timestamp(text) ?? WrittenTime(text)?.instant else { return nil }
    self = time
  }

  /// Files hold millions of these, so each part is read where it stands.
  package init?(utf8 bytes: Span<UInt8>) {
    func digits(_ range: Range<Int>) -> Int? {
      var value = 0
      for index in range {
        guard bytes[index].isASCIIDigit else { return nil }
        value = value * 10 + Int(bytes[index] - UInt8(ascii: "0"))
      }
      return value
    }
    guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      bytes[bytes.count - 1] == UInt8(ascii: "Z"),
      let year = digits(0..<4), let month = digits(5..<7), let day = digits(8..<10), let hour = digits(11..<13),
      let minute = digits(14..<16), let second = digits(17..<19), (1...12).contains(month),
      (1...CivilDate.days(in: month, of: year)).contains(day), hour < 24, minute < 60, second < 60
    else { return nil }
    var millisecond = 0
    if bytes.count > 20 {
      guard bytes[19] == UInt8(ascii: "."), bytes.count > 21 else { return nil }
      var scale = 100
      for index in 20..<bytes.count - 1 {
        guard bytes[index].isASCIIDigit else { return nil }
        millisecond += Int(bytes[index] - UInt8(ascii: "0")) * scale
        scale /= 10
      }
    }
    let days = CivilDate(year: year, month: month, day: day).daysSince1970
    milliseconds = Int64(((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + Int64(millisecond)
  }
}

extension [UInt8] {
  /// Appends `timestamp` in RFC 3339 form, 24 bytes for the years 0 to 9999.
  package mutating func append(timestamp: Timestamp) {
    let (days, millisecondOfDay) = timestamp.milliseconds.flooredDivision(by: 86_400_000)
    let date = CivilDate(daysSince1970: Int(days))
    let time = Int(millisecondOfDay)
    append(decimal: UInt64(date.year), digitsMin: 4)
    append(UInt8(ascii: "-"))
    append(decimal: UInt64(date.month), digitsMin: 2)
    append(UInt8(ascii: "-"))
    append(decimal: UInt64(date.day), digitsMin: 2)
    append(UInt8(ascii: "T"))
    append(decimal: UInt64(time / 3_600_000), digitsMin: 2)
    append(UInt8(ascii: ":"))
    append(decimal: UInt64(time / 60_000 % 60), digitsMin: 2)
    append(UInt8(ascii: ":"))
    append(decimal: UInt64(time / 1000 % 60), digitsMin: 2)
    append(UInt8(ascii: "."))
    append(decimal: UInt64(time % 1000), digitsMin: 3)
    append(UInt8(ascii: "Z"))
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
