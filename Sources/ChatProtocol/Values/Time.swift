import JSON

/// An instant of the years 0000 to 9999 in UTC: milliseconds since 1970-01-01T00:00:00Z without leap seconds (POSIX.1,
/// section 4.16). A label only; durations are measured with the monotonic clock.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let milliseconds: Int64

  /// `0000-01-01T00:00:00.000Z` and `9999-12-31T23:59:59.999Z`.
  package static let first = Timestamp(unchecked: -62_167_219_200_000)
  package static let last = Timestamp(unchecked: 253_402_300_799_999)

  private init(unchecked milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Clamped to the first and the last instant.
  package init(milliseconds: Int64) {
    self.init(unchecked: min(max(milliseconds, Timestamp.first.milliseconds), Timestamp.last.milliseconds))
  }

  /// nil before the first and after the last instant.
  package init?(exactly milliseconds: Int64) {
    self.init(milliseconds: milliseconds)
    if self.milliseconds != milliseconds { return nil }
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// Clamped to the first and the last instant.
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

  /// For a person, without its zone: `2026-11-20 20:11:02`.
  package var words: String {
    let text = description
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
  }

  /// Reads RFC 3339 in UTC (`Z`), with or without decimals of a second; nil for anything else.
  package init?(_ text: String) { self.init(utf8: text.utf8) }

  package init?(utf8 bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    self.init(utf8: bytes.span)
  }

  /// Reads an instant as people write it; a `WrittenTime` without a zone is in UTC.
  package init?(written text: String) {
    guard let time = Timestamp(text) ?? WrittenTime(text)?.instant else { return nil }
    self = time
  }

  /// A hot path: files contain millions of these.
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
  /// Appends `timestamp` in RFC 3339 form, 24 bytes.
  package mutating func append(timestamp: Timestamp) {
    let (days, millisecondOfDay) = timestamp.milliseconds.flooredDivision(by: 86_400_000)
    let date = CivilDate(daysSince1970: Int(days))
    let time = Int(millisecondOfDay)
    append(addingCapacity: 24) { (output: inout OutputSpan<UInt8>) in
      output.append(twoDigits: date.year / 100)
      output.append(twoDigits: date.year % 100)
      output.append(UInt8(ascii: "-"))
      output.append(twoDigits: date.month)
      output.append(UInt8(ascii: "-"))
      output.append(twoDigits: date.day)
      output.append(UInt8(ascii: "T"))
      output.append(twoDigits: time / 3_600_000)
      output.append(UInt8(ascii: ":"))
      output.append(twoDigits: time / 60_000 % 60)
      output.append(UInt8(ascii: ":"))
      output.append(twoDigits: time / 1000 % 60)
      output.append(UInt8(ascii: "."))
      output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: time / 100 % 10))
      output.append(twoDigits: time % 100)
      output.append(UInt8(ascii: "Z"))
    }
  }
}

extension OutputSpan<UInt8> {
  fileprivate mutating func append(twoDigits number: Int) {
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10))
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

/// A day of the proleptic Gregorian calendar, to and from a number of days.
///
/// The year begins in March here: the leap day is the last, and five months are 153 days.
package struct CivilDate: Equatable {
  var year: Int
  var month: Int
  var day: Int

  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  private static let daysPer400Years = 146_097
  /// Days from 0000-03-01 to 1970-01-01.
  private static let daysTo1970 = 719_468

  /// 0 is Sunday. 1970-01-01 was a Thursday.
  package var weekday: Int { ((daysSince1970 + 4) % 7 + 7) % 7 }

  var daysSince1970: Int {
    let shifted = month > 2 ? year : year - 1
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * CivilDate.daysPer400Years + dayOfEra - CivilDate.daysTo1970
  }

  init(daysSince1970: Int) {
    let days = daysSince1970 + CivilDate.daysTo1970
    let era = (days >= 0 ? days : days - (CivilDate.daysPer400Years - 1)) / CivilDate.daysPer400Years
    let dayOfEra = days - era * CivilDate.daysPer400Years
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// A time as people write it: a day, or a day and a time of day with `T` or a blank between them, with or without
/// seconds and their decimals, with or without a zone (`Z`, `+01:00`).
///
/// `2026-11-20`, `2026-11-20T20:15`, `2026-11-20 20:15:09.5Z`, `2026-11-20T20:15+01:00`.
package struct WrittenTime: Equatable, Sendable {
  package var year: Int
  package var month: Int
  package var day: Int
  package var clock: TimeOfDay
  /// How far the zone is ahead of UTC; nil if no zone is written.
  package var offsetMilliseconds: Int64?

  package static let rule = "write a day like 2026-11-20 or an instant like 2026-11-20T20:11:02Z"

  /// nil for anything else, and for a day that does not exist.
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
    guard let offsetMilliseconds = reader.zone(), reader.isAtEnd else { return nil }
    self.offsetMilliseconds = offsetMilliseconds
  }

  /// Its date and clock read as UTC.
  private var milliseconds: Int64 {
    Int64(CivilDate(year: year, month: month, day: day).daysSince1970) * 86_400_000 + clock.milliseconds
  }

  /// The instant; UTC where no zone is written. nil outside the years 0000 to 9999.
  package var instant: Timestamp? { Timestamp(exactly: milliseconds - (offsetMilliseconds ?? 0)) }
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

/// A duration in whole seconds, written `30s`, `10m`, `2h`, `7d`, `4w`, or several of these from the longest down,
/// `1d12h`.
package struct TimeSpan: Hashable, Sendable, CustomStringConvertible {
  package let seconds: Int64

  /// A hundred years.
  package static let secondsMax: Int64 = 36_525 * 86_400

  private static let units: [(letter: Character, seconds: Int64)] = [
    ("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
  ]

  package static let rule = "a number with s, m, h, d or w behind it, or several of them: 30s, 10m, 2h, 7d, 4w, 1d12h"

  /// nil for zero and for more than the maximum.
  package init?(seconds: Int64) {
    guard (1...TimeSpan.secondsMax).contains(seconds) else { return nil }
    self.seconds = seconds
  }

  package init?(_ text: String) {
    guard let seconds = TimeSpan.seconds(text) else { return nil }
    self.init(seconds: seconds)
  }

  /// The seconds of a written time span, 0 included; nil for anything else and for more than the maximum.
  package static func seconds(_ text: String) -> Int64? {
    if text.isEmpty { return nil }
    var rest = text[...]
    var sum: Int64 = 0
    var units = TimeSpan.units[...]
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      // Each unit once, after the longer ones.
      guard let letter = rest.popFirst(), let index = units.firstIndex(where: { $0.letter == letter }),
        let number = Int64(digits), number <= TimeSpan.secondsMax
      else { return nil }
      // At most five of these, so the sum cannot overflow.
      sum += number * units[index].seconds
      units = units[(index + 1)...]
    }
    return sum <= TimeSpan.secondsMax ? sum : nil
  }

  /// In the longest units: `1d12h`.
  package var description: String {
    var rest = seconds
    var text = ""
    for unit in TimeSpan.units where rest >= unit.seconds {
      text += "\(rest / unit.seconds)\(unit.letter)"
      rest %= unit.seconds
    }
    return text
  }

  /// For a person, in the two largest units: `3 d 4 h`, `2 h`; not below `0 s`.
  package static func words(seconds: Int64) -> String {
    let names: [(seconds: Int64, name: String)] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")]
    let all = max(0, seconds)
    guard let first = names.firstIndex(where: { all >= $0.seconds }) else { return "0 s" }
    var rest = all
    return names[first...].prefix(2).compactMap { unit in
      defer { rest %= unit.seconds }
      return rest >= unit.seconds ? "\(rest / unit.seconds) \(unit.name)" : nil
    }.joined(separator: " ")
  }
}
