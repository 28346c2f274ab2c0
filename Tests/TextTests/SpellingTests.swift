import Testing

@testable import Text

@Suite struct NearestTests {
  @Test(arguments: [
    ("", "", 0), ("abc", "abc", 0), ("", "abc", 3), ("abc", "", 3), ("host", "hots", 1), ("kitten", "sitting", 3),
    ("ca", "abc", 3), ("room", "rooms", 1), ("é", "e", 1), ("abcdef", "badcfe", 3),
  ])
  func `the distance counts changes, and is the same both ways`(left: String, right: String, distance: Int) {
    #expect(Spelling.distance(left, right) == distance)
    #expect(Spelling.distance(right, left) == distance)
  }

  @Test(
    arguments: [
      ("dta", "data"), ("json", "json"), ("JSON", "json"), ("hlep", "help"), ("ver", "version"),
      ("settigns", "settings"),
      ("cehck", "check"), ("c", nil), ("", nil), ("x", nil), ("banana", nil), ("jsonjsonjson", nil),
      (String(repeating: "data", count: 1000), nil),
    ] as [(String, String?)])
  func `a slip finds its word and another word finds none`(typed: String, word: String?) {
    #expect(
      Spelling.nearest(to: typed, among: ["data", "json", "help", "version", "settings", "check", "control"]) == word)
  }

  @Test func `among nothing nothing is near`() {
    #expect(Spelling.nearest(to: "data", among: []) == nil)
  }
}
