import Testing

@testable import Terminal

@Suite struct StyleTests {
  @Test func `a style stands around the text and ends with it`() {
    #expect(Style.bold.applied(to: "a", enabled: true) == "\u{1B}[1ma\u{1B}[0m")
    #expect(Style.dim.applied(to: "a", enabled: true) == "\u{1B}[2ma\u{1B}[0m")
    #expect(
      Style(isBold: true, isDim: true, color: 160).applied(to: "a", enabled: true) == "\u{1B}[1;2;38;5;160ma\u{1B}[0m")
  }

  @Test func `where styles are off or say nothing the text stays plain`() {
    #expect(Style(isBold: true, color: 160).applied(to: "a", enabled: false) == "a")
    #expect(Style.plain.applied(to: "a", enabled: true) == "a")
    #expect(Style.bold.applied(to: "", enabled: true) == "")
  }

  @Test func `a user has one colour on every run and in every case`() {
    #expect(Style.userColor(name: "alice").color == 131)
    #expect(Style.userColor(name: "Alice") == Style.userColor(name: "alice"))
  }

  @Test func `many users share the colours evenly`() {
    var counts: [UInt8: Int] = [:]
    for number in 0..<2400 { counts[Style.userColor(name: "user\(number)").color!, default: 0] += 1 }
    #expect(Set(counts.keys) == Set(Style.userColors))
    #expect(counts.values.allSatisfy { (50...200).contains($0) })
  }

  @Test(arguments: Style.userColors)
  func `a user's colour can be read on black and on white`(color: UInt8) {
    let luminance = Self.luminance(of: color)
    #expect((luminance + 0.05) / 0.05 >= 3.3)
    #expect(1.05 / (luminance + 0.05) >= 3.3)
  }

  /// Relative luminance (WCAG 2.1) of a colour in xterm's cube of 6 by 6 by 6, 16 to 231. The power of 2.4 in its
  /// formula is taken for the cube's six levels here.
  private static func luminance(of color: UInt8) -> Double {
    let levels = [0, 0.114435, 0.242281, 0.428690, 0.679542, 1]
    let index = Int(color) - 16
    return 0.2126 * levels[index / 36] + 0.7152 * levels[index / 6 % 6] + 0.0722 * levels[index % 6]
  }
}
