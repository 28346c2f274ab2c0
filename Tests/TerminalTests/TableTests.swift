import Testing

@testable import Terminal

@Suite struct TableTests {
  static let rooms = Table(
    [.text("ROOM"), .number("MEMBERS"), .text("TOPIC")],
    rows: [
      ["lobby", "12", "everybody is welcome"], ["漢字", "3", "e\u{301}te\u{301} 👩‍👩‍👧"], ["ops", "104", ""],
    ])

  @Test func `columns stand below their titles`() {
    #expect(
      Self.rooms.lines() == [
        "ROOM   MEMBERS  TOPIC",
        "lobby       12  everybody is welcome",
        "漢字         3  e\u{301}te\u{301} 👩‍👩‍👧",
        "ops        104",
      ])
  }

  @Test func `a table of no rows is its header`() {
    #expect(Table([.text("USER"), .text("SINCE")]).lines() == ["USER  SINCE"])
  }

  @Test func `the widest column gives way first`() {
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

  @Test func `columns that may be left out are, in their order, before others can no more be read`() {
    let table = Table(
      [.whole("USER"), .whole("SINCE").droppable(1), .number("UNREAD").droppable(2), .text("ROOMS")],
      rows: [["alice", "2026-11-20 20:11", "3", "lobby, ops and 7 more"]])
    #expect(table.lines(columnsMax: 60)[1] == "alice  2026-11-20 20:11       3  lobby, ops and 7 more")
    #expect(table.lines(columnsMax: 40) == ["USER   UNREAD  ROOMS", "alice       3  lobby, ops and 7 more"])
    #expect(table.lines(columnsMax: 24) == ["USER   ROOMS", "alice  lobby, ops and 7…"])
    #expect(table.lines(columnsMax: 10)[1] == "ali…  lob…")
    #expect(table.lines()[0] == "USER   SINCE             UNREAD  ROOMS")
    // What an earlier piece left out stays so, whatever would fit.
    var widths: [Int] = []
    _ = table.lines(columnsMax: 40, continuing: &widths, withHeader: true)
    let short = Table(
      [.whole("USER"), .whole("SINCE").droppable(1), .number("UNREAD").droppable(2), .text("ROOMS")],
      rows: [["bob", "-", "0", "-"]])
    #expect(short.lines(columnsMax: 200, continuing: &widths, withHeader: false) == ["bob         0  -"])
  }

  @Test func `columns as wide give way together`() {
    let table = Table([.text("A"), .text("B")], rows: [["aaaaaaaaaa", "bbbbbbbbbb"]])
    #expect(table.lines(columnsMax: 13)[1] == "aaaaa…  bbbb…")
  }

  @Test(arguments: 0...40)
  func `no line is wider than the bound, but for what would say nothing if it were cut further`(columnsMax: Int) {
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
