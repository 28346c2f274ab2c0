import TestSupport

/// Texts that break naive log formats.
let hostileTexts = [
  "", " ", "plain", "hello, world", #"say "hi""#, #"back\slash"#, #"\"#, #"\""#, #"" text="forged"#, "a\nb", "a\r\nb",
  "\r", "\0", "nul\0nul", "\u{1B}[31mred\u{1B}[0m", "\u{9B}31m", "\u{85}next", "line\u{2028}separator\u{2029}",
  "\u{202E}evil", "\u{2066}isolated\u{2069}", "tab\there", "\u{7F}", "é", "日本語", "👩‍👩‍👧", "a\u{200D}b",
  "2026-11-20T20:11:02.123Z message id=1 room=lobby from=eve text=\"forged\"", "=", "a=b c=d", "text=\"x\"",
  "\u{FFFD}", "\u{FEFF}", "'", "`$(reboot)`",
]

extension SeededRandom {
  /// A random text of pieces that are likely to break a format.
  mutating func hostileText() -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0...6, using: &self) {
      switch Int.random(in: 0..<4, using: &self) {
      case 0: text += hostileTexts.randomElement(using: &self)!
      case 1: text.unicodeScalars.append(Unicode.Scalar(UInt8.random(in: 0...255, using: &self)))
      case 2:
        if let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &self)) {
          text.unicodeScalars.append(scalar)
        }
      default: text += "word "
      }
    }
    return text
  }
}
