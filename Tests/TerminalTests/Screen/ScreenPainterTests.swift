import TestSupport
import Testing

@testable import Terminal

@Suite struct ScreenPainterTests {
  private func lines(_ texts: String...) -> [ScreenLine] { texts.map { ScreenLine($0) } }

  @Test func `only what looks different is written, and the screen is as if all had been`() {
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
    // The last column holds.
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

  @Test func `styles are there where they are wanted`() {
    for (isStyled, expected) in [(true, "\u{1B}[1mone\u{1B}[0m"), (false, "one")] {
      var painter = ScreenPainter(isStyled: isStyled)
      let output = painter.paint([ScreenLine("one", .bold)], columns: 10, rows: 1)
      #expect(output == "\u{1B}[2J\u{1B}[1;1H\u{1B}[K\(expected)")
    }
  }
}
