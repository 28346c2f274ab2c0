import Testing

@testable import ChatProtocol

@Test(arguments: ["a", "7", "alice", "Alice-B_c.9", "12345678901234567890123456789012"])
func `a name has letters, digits and three other characters`(text: String) {
  #expect(Name(text)?.text == text)
}

@Test(arguments: [
  "", "_a", "-a", ".a", "a b", "a/b", "a@b", "ä", "aä", "a\u{301}", "a\n", "a\0", "123456789012345678901234567890123",
])
func `any other text is not a name`(text: String) {
  #expect(Name(text) == nil)
}

@Test func `names are equal without regard to case, and keep it`() throws {
  let upper = try #require(Name("Alice"))
  let lower = try #require(Name("aLICE"))
  #expect(upper == lower)
  #expect(Set([upper, lower]).count == 1)
  #expect("\(upper) \(lower)" == "Alice aLICE")
  #expect(try #require(Name("B")) > lower)
  #expect(Name.lobby == Name("Lobby"))
}

@Test(arguments: ["a@b", "a.b+c-d_e@example.org", "7@x", "A@B"])
func `an e-mail address has one at sign with text on both sides`(text: String) {
  #expect(EmailAddress(text)?.text == text)
}

@Test(arguments: [
  "", "a", "@b", "a@", "a@b@c", ".a@b", "a b@c", "ä@b", "a@b\n", "a@\(String(repeating: "b", count: 253))",
])
func `any other text is not an e-mail address`(text: String) {
  #expect(EmailAddress(text) == nil)
}

@Test func `e-mail addresses are equal without regard to case, and have at most 254 bytes`() {
  #expect(EmailAddress("A@Example.org") == EmailAddress("a@eXample.org"))
  #expect(EmailAddress("a@\(String(repeating: "b", count: 252))") != nil)
}
