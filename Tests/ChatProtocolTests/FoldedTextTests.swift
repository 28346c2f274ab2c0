import ChatProtocol
import Testing

@Test(arguments: [
  ("cake", "The CAKE is a lie"), ("CAKE", "cake"), ("", "anything"), ("ß", "Straße"), ("ÄRGER", "nur ärger"),
  ("π", "Π = 3"), ("k", "300 \u{212A}"), ("привет", "ПРИВЕТ"), ("\"a\\", "say \"A\\ now"), ("日本", "日本語"),
  ("aab", "aaab"),
])
func `a text is found in any case`(text: String, within: String) {
  #expect(FoldedText(text).occurs(in: within))
}

@Test(arguments: [("cake", "cak e"), ("cake", "cak"), ("é", "e"), ("a", ""), ("aab", "abab")])
func `a text that is not there is not found`(text: String, within: String) {
  #expect(!FoldedText(text).occurs(in: within))
}
