import Testing

@testable import ChatProtocol

@Test(arguments: [
  ("jion", "join"), ("JOIM", "join"), ("joi", "join"), ("joinn", "join"), ("exti", "exit"), ("regsiter", "register"),
  ("mesg", "msg"), ("whoo", "who"), ("unbann", "unban"), ("hlep", "help"), ("swich", "switch"),
])
func `a misspelled command is suggested correctly`(typed: String, meant: String) {
  #expect(CommandTable.nearest(to: typed) == meant)
}

@Test(arguments: ["", "x", "frobnicate", "zzz", "registration", "joinjoinjoinjoin", "日本"])
func `a word that resembles no command gets no suggestion`(typed: String) {
  #expect(CommandTable.nearest(to: typed) == nil)
}

@Test func `every command and alias is found, in upper and lower case`() {
  for usage in CommandTable.all {
    for word in [usage.name] + usage.aliases {
      #expect(CommandTable.nearest(to: word) == word)
      #expect(CommandTable.usage(of: word.uppercased()) == usage)
    }
  }
  #expect(CommandTable.usage(of: "nothing") == nil)
}

@Test func `help fits a terminal of 80 columns`() {
  let usageWidth = CommandTable.all.map(\.line.utf8.count).max() ?? 0
  for usage in CommandTable.all {
    #expect(!usage.summary.isEmpty && 2 + usageWidth + 2 + usage.summary.utf8.count <= 80, "\(usage.name)")
    for line in CommandTable.definition(of: usage.name)?.explanation?.split(separator: "\n") ?? [] {
      #expect(line.utf8.count <= 76, "\(line)")
    }
  }
}
