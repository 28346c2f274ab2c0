import Testing

@testable import ChatProtocol

@Test(arguments: [
  "plan.pdf", "a", ".profile", "my plan (final).pdf", "größe 👩‍🚀.txt", "-rf", "a\\b", String(repeating: "x", count: 255),
])
func `a valid file name`(name: String) {
  #expect(FileName(name)?.text == name)
}

@Test(arguments: [
  "", ".", "..", "/", "../passwd", "a/b", "a\nb", "a\tb", "\u{1B}[2J", "a\u{202E}b", String(repeating: "x", count: 256),
])
func `an invalid file name`(name: String) {
  #expect(FileName(name) == nil)
}

@Test(arguments: [
  ("plan.pdf", "plan.pdf"), ("a b", "a_b"), ("$(reboot)", "__reboot_"), ("-rf", "_rf"), (".bashrc", "_bashrc"),
  ("a;b|c>d`e'f\"g", "a_b_c_d_e_f_g"), ("größe", "gr__e"), ("e\u{301}", "e_"),
])
func `a file name becomes one plain word for a shell`(name: String, word: String) {
  #expect(FileName.shellWord(of: name) == word)
}
