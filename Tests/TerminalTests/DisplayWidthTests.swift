import Testing

@testable import Terminal

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
