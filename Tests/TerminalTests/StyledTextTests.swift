import Testing

@testable import Terminal

@Suite struct StyledTextTests {
  @Test func `styles take no columns`() {
    let text = Style.bold.applied(to: "漢字", enabled: true) + Style(color: 160).applied(to: "ab", enabled: true)
    #expect(StyledText.width(of: text) == 6)
    // An accent behind a style stands with the letter before it on the screen.
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
