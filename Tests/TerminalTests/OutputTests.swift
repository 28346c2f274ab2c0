import TestSupport
import Testing

@testable import Terminal

@Suite struct TableTests {
  static let rooms = Table(
    [.text("ROOM"), .number("MEMBERS"), .text("TOPIC")],
    rows: [
      ["lobby", "12", "everybody is welcome"], ["漢字", "3", "e\u{301}te\u{301} 👩‍👩‍👧"], ["ops", "104", ""],
    ])

  @Test func `columns are aligned under their titles`() {
    #expect(
      Self.rooms.lines() == [
        "ROOM   MEMBERS  TOPIC",
        "lobby       12  everybody is welcome",
        "漢字         3  e\u{301}te\u{301} 👩‍👩‍👧",
        "ops        104",
      ])
  }

  @Test func `a table without rows is only its header`() {
    #expect(Table([.text("USER"), .text("SINCE")]).lines() == ["USER  SINCE"])
  }

  @Test func `the widest column is narrowed first`() {
    #expect(
      Self.rooms.lines(columnsMax: 28) == [
        "ROOM   MEMBERS  TOPIC",
        "lobby       12  everybody i…",
        "漢字         3  e\u{301}te\u{301} 👩‍👩‍👧",
        "ops        104",
      ])
  }

  @Test func `a name or a time is never cut`() {
    let table = Table([.whole("SEEN"), .text("TOPIC")], rows: [["2026-11-20 20:11", "all about it"]])
    #expect(table.lines(columnsMax: 24)[1] == "2026-11-20 20:11  all a…")
    #expect(table.lines(columnsMax: 22)[1] == "2026-11-20 20:11  all…")
  }

  @Test func `optional columns are omitted in order before others become too narrow to read`() {
    let table = Table(
      [.whole("USER"), .whole("SINCE").droppable(1), .number("UNREAD").droppable(2), .text("ROOMS")],
      rows: [["alice", "2026-11-20 20:11", "3", "lobby, ops and 7 more"]])
    #expect(table.lines(columnsMax: 60)[1] == "alice  2026-11-20 20:11       3  lobby, ops and 7 more")
    #expect(table.lines(columnsMax: 40) == ["USER   UNREAD  ROOMS", "alice       3  lobby, ops and 7 more"])
    #expect(table.lines(columnsMax: 24) == ["USER   ROOMS", "alice  lobby, ops and 7…"])
    #expect(table.lines(columnsMax: 10)[1] == "ali…  lob…")
    #expect(table.lines()[0] == "USER   SINCE             UNREAD  ROOMS")
    // A column that an earlier piece omitted stays omitted, even if it would fit.
    var widths: [Int] = []
    _ = table.lines(columnsMax: 40, continuing: &widths, withHeader: true)
    let short = Table(
      [.whole("USER"), .whole("SINCE").droppable(1), .number("UNREAD").droppable(2), .text("ROOMS")],
      rows: [["bob", "-", "0", "-"]])
    #expect(short.lines(columnsMax: 200, continuing: &widths, withHeader: false) == ["bob         0  -"])
  }

  @Test func `columns of equal width are narrowed together`() {
    let table = Table([.text("A"), .text("B")], rows: [["aaaaaaaaaa", "bbbbbbbbbb"]])
    #expect(table.lines(columnsMax: 13)[1] == "aaaaa…  bbbb…")
  }

  @Test(arguments: 0...40)
  func `no line is wider than the limit, unless cutting more would leave nothing`(columnsMax: Int) {
    let leastWidth = 4 + 2 + 7 + 2 + 4
    for line in Self.rooms.lines(columnsMax: columnsMax) {
      #expect(line.displayWidth <= max(columnsMax, leastWidth))
      #expect(!line.hasSuffix(" "))
    }
  }

  @Test func `a cell cannot break its line or reach the terminal`() {
    let table = Table([.text("TOPIC")], rows: [["a\u{1B}[2Jb\nc\td"]])
    #expect(table.lines()[1] == "a\u{FFFD}[2Jb\u{FFFD}c d")
  }
}

@Suite struct StyleTests {
  @Test func `a style surrounds the text`() {
    #expect(Style.bold.applied(to: "a", enabled: true) == "\u{1B}[1ma\u{1B}[0m")
    #expect(Style.dim.applied(to: "a", enabled: true) == "\u{1B}[2ma\u{1B}[0m")
    #expect(
      Style(isBold: true, isDim: true, color: 160).applied(to: "a", enabled: true) == "\u{1B}[1;2;38;5;160ma\u{1B}[0m")
  }

  @Test func `without styles, or with an empty style, the text stays plain`() {
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
  /// formula is tabulated here for the cube's six levels.
  private static func luminance(of color: UInt8) -> Double {
    let levels = [0, 0.114435, 0.242281, 0.428690, 0.679542, 1]
    let index = Int(color) - 16
    return 0.2126 * levels[index / 36] + 0.7152 * levels[index / 6 % 6] + 0.0722 * levels[index % 6]
  }
}

@Suite struct StyledTextTests {
  @Test func `styles take no columns`() {
    let text = Style.bold.applied(to: "漢字", enabled: true) + Style(color: 160).applied(to: "ab", enabled: true)
    #expect(StyledText.width(of: text) == 6)
    // An accent after a style combines with the letter before it.
    #expect(StyledText.width(of: "e\u{1B}[1m\u{301}x") == 2)
  }

  @Test(
    arguments: [
      ("20:11 bob: one two three", 30, ["20:11 bob: one two three"]),
      ("20:11 bob: one two three", 18, ["20:11 bob: one two", "      three"]),
      ("20:11 bob: one two three", 17, ["20:11 bob: one", "      two three"]),
      (
        "20:11 bob: abcdefghijklmnopqrstuvwxyz", 14,
        ["20:11 bob:", "      abcdefgh", "      ijklmnop", "      qrstuvwx", "      yz"]
      ),
      ("20:11 a   b", 10, ["20:11 a", "b"]),
      ("漢字漢字漢字漢字", 7, ["漢字漢", "字漢字", "漢字"]),
      ("ab", 1, ["ab"]),
    ])
  func `lines are broken between words`(text: String, columns: Int, lines: [String]) {
    #expect(StyledText.wrapped(text, toColumns: columns, indent: 6) == lines)
  }

  @Test func `nothing is lost and no line is too long, at any width`() {
    let text = "20:11 \u{1B}[1malice\u{1B}[0m: it is 漢字 and 👩‍👩‍👧 with   spaces, alongwordthatgoesonandon, e\u{301}nd"
    let words = text.filter { $0 != " " }
    for columns in 2...80 {
      let lines = StyledText.wrapped(text, toColumns: columns, indent: 6)
      #expect(lines.allSatisfy { StyledText.width(of: $0) <= columns }, "\(columns)")
      #expect(lines.joined().filter { $0 != " " } == words, "\(columns)")
    }
  }
}

@Test(arguments: [
  ([], 10, ""), ([0, 0], 10, "▁▁"), ([0, 1, 2, 3, 4, 5, 6, 7], 10, "▁▂▃▄▅▆▇█"), ([1, 1000], 10, "▂█"),
  ([9, 9, 1, 2], 2, "▅█"), ([5], 0, ""), ([.max, 0, .max / 2], 3, "█▁▅"),
])
func `numbers are bars, the greatest the highest and 0 alone the lowest`(
  numbers: [Int], columns: Int, expected: String
) {
  #expect(Sparkline.text(numbers, columns: columns) == expected)
}

@Suite struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("hello, world", 12), ("é", 1), ("e\u{301}", 1), ("a\u{323}\u{301}b", 2), ("Ω≈ß…", 4), ("漢字", 4),
    ("ひらがな", 8), ("ｶﾅ", 2), ("ＡＢ", 4), ("。、", 4), ("한글", 4), ("\u{1112}\u{1161}\u{11AB}", 2), ("\u{1161}", 0),
    ("𠀀", 2), ("نص", 2), ("שלום", 4), ("क्ष", 2), ("ก็", 1), ("\u{200B}", 0), ("a\u{200D}b", 2), ("a\u{200C}b", 2),
    ("a\u{AD}b", 3), ("\u{FEFF}", 0), ("\t", 0), ("\u{1B}", 0), ("\r\n", 0), ("\u{FFFD}", 1), ("─│█", 3),
  ])
  func `text of every script`(text: String, columns: Int) {
    #expect(text.displayWidth == columns)
  }

  @Test(
    arguments: [
      0x2630...0x2637, 0x268A...0x268F, 0x4DC0...0x4DFF, 0x1D300...0x1D356, 0x1D360...0x1D376, 0x3400...0x4DBF,
      0x17000...0x18CD5, 0x1AFF0...0x1AFF3, 0x20000...0x2A6DF, 0x30000...0x3134A,
    ] as [ClosedRange<UInt32>])
  func `wide characters of Unicode 17`(range: ClosedRange<UInt32>) {
    #expect(range.allSatisfy { String(Character(Unicode.Scalar($0)!)).displayWidth == 2 })
  }

  @Test(arguments: [0x262F, 0x2638, 0x2689, 0x2690, 0x3248, 0x324F, 0xA4D0, 0x1D2D3, 0x1D377] as [UInt32])
  func `the characters next to wide ones are not wide`(scalar: UInt32) {
    #expect(String(Character(Unicode.Scalar(scalar)!)).displayWidth == 1)
  }

  @Test(arguments: [
    ("😀", 2), ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("🇩🇪🇫🇷", 4), ("🇩", 1), ("⚠️", 2), ("⚠", 1), ("❤️‍🔥", 2), ("👍🏽", 2), ("☝🏽", 2),
    ("🏽", 2), ("1️⃣", 2), ("1", 1), ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2), ("⌚", 2), ("☺", 1), ("🀄", 2), ("👩‍", 2), ("1\u{200D}", 1), ("🫠", 2),
    ("㊗️", 2),
  ])
  func `emoji and their sequences`(text: String, columns: Int) {
    #expect(text.displayWidth == columns)
  }

  @Test(arguments: [
    ("hello", 5, "hello"), ("hello", 4, "hel…"), ("hello", 1, "…"), ("hello", 0, ""), ("", 0, ""), ("漢字漢字", 8, "漢字漢字"),
    ("漢字漢字", 7, "漢字漢…"), ("漢字漢字", 6, "漢字…"), ("漢字", 2, "…"), ("e\u{301}te\u{301}s", 3, "e\u{301}t…"),
    ("👩‍👩‍👧👩‍👩‍👧", 3, "👩‍👩‍👧…"), ("e\u{301}", 1, "e\u{301}"),
  ])
  func `a long text is cut between characters`(text: String, columns: Int, expected: String) {
    #expect(text.truncated(toColumns: columns) == expected)
  }

  @Test(arguments: [
    ("ab", 4, "ab  ", "  ab"), ("漢", 4, "漢  ", "  漢"), ("漢字", 4, "漢字", "漢字"), ("hello", 4, "hello", "hello"),
    ("", 2, "  ", "  "),
  ])
  func `a short text is padded on either side`(text: String, columns: Int, leading: String, trailing: String) {
    #expect(text.padded(toColumns: columns) == leading)
    #expect(text.padded(toColumns: columns, .trailing) == trailing)
  }
}

@Suite struct ScreenPainterTests {
  private func lines(_ texts: String...) -> [ScreenLine] { texts.map { ScreenLine($0) } }

  @Test func `only changed lines are written`() {
    var painter = ScreenPainter(isStyled: false)
    var screen = TerminalScreen(columns: 10, rows: 4)
    screen.write("left over from before")
    screen.write(painter.paint(lines("one", "two", "three"), columns: 10, rows: 4))
    #expect(screen.lines == ["one", "two", "three", ""])
    #expect(painter.paint(lines("one", "two", "three"), columns: 10, rows: 4).isEmpty)
    let change = painter.paint(lines("one", "2", "three"), columns: 10, rows: 4)
    #expect(change == "\u{1B}[2;1H\u{1B}[K2")
    screen.write(change)
    screen.write(painter.paint(lines("one"), columns: 10, rows: 4))
    #expect(screen.lines == ["one", "", "", ""])
    #expect(screen.unknown.isEmpty)
  }

  @Test func `a line is cut where the screen ends, by the columns that it takes`() {
    var painter = ScreenPainter(isStyled: false)
    var screen = TerminalScreen(columns: 6, rows: 2)
    screen.write(painter.paint(lines("当番当番", "123456", "not shown"), columns: 6, rows: 2))
    #expect(screen.lines == ["当番…", "123456"])
    // The last column is used.
    screen.write(painter.paint(lines("当番当番", "12345x"), columns: 6, rows: 2))
    #expect(screen.lines == ["当番…", "12345x"])
  }

  @Test func `at another size, and where something else was written, all of it is drawn`() {
    var painter = ScreenPainter(isStyled: false)
    _ = painter.paint(lines("one"), columns: 10, rows: 2)
    #expect(painter.paint(lines("one"), columns: 11, rows: 2) == "\u{1B}[2J\u{1B}[1;1H\u{1B}[Kone")
    painter.forget()
    #expect(painter.paint(lines("one"), columns: 11, rows: 2) == "\u{1B}[2J\u{1B}[1;1H\u{1B}[Kone")
    #expect(painter.paint(lines("one"), columns: 0, rows: 0) == "\u{1B}[2J")
  }

  @Test func `styles are applied only if enabled`() {
    for (isStyled, expected) in [(true, "\u{1B}[1mone\u{1B}[0m"), (false, "one")] {
      var painter = ScreenPainter(isStyled: isStyled)
      let output = painter.paint([ScreenLine("one", .bold)], columns: 10, rows: 1)
      #expect(output == "\u{1B}[2J\u{1B}[1;1H\u{1B}[K\(expected)")
    }
  }
}
