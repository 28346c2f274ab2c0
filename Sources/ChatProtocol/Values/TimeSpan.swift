/// How long something lasts, in whole seconds: written `30s`, `10m`, `2h`, `7d`, `4w`, or several of these from the longest down,
/// `1d12h`.
package struct TimeSpan: Hashable, Sendable, CustomStringConvertible {
  package let seconds: Int64

  /// A hundred years: what is to last longer has no end.
  package static let seconds_max: Int64 = 36_525 * 86_400

  private static let units: [(letter: Character, seconds: Int64)] = [
    ("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
  ]

  package static let rule = "a number with s, m, h, d or w behind it, or several of them: 30s, 10m, 2h, 7d, 4w, 1d12h"

  /// nil for no time at all, and for more than there may be.
  package init?(seconds: Int64) {
    guard (1...TimeSpan.seconds_max).contains(seconds) else { return nil }
    self.seconds = seconds
  }

  package init?(_ text: String) {
    guard let seconds = TimeSpan.seconds(text) else { return nil }
    self.init(seconds: seconds)
  }

  /// Of what is written as a time span, 0 included; nil for anything else, and for more than there may be.
  package static func seconds(_ text: String) -> Int64? {
    if text.isEmpty { return nil }
    var rest = text[...]
    var sum: Int64 = 0
    var units = TimeSpan.units[...]
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      // Each unit once, behind those that are longer.
      guard let letter = rest.popFirst(), let index = units.firstIndex(where: { $0.letter == letter }),
        let number = Int64(digits), number <= TimeSpan.seconds_max
      else { return nil }
      // No more than five of these: the sum has room.
      sum += number * units[index].seconds
      units = units[(index + 1)...]
    }
    return sum <= TimeSpan.seconds_max ? sum : nil
  }

  /// As it is written, in the longest units: `1d12h`.
  package var description: String {
    var rest = seconds
    var text = ""
    for unit in TimeSpan.units where rest >= unit.seconds {
      text += "\(rest / unit.seconds)\(unit.letter)"
      rest %= unit.seconds
    }
    return text
  }

  /// For a person, the two largest units of days, hours, minutes and seconds: `3 d 4 h`, `2 h`; what is over, as `0 s`.
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
