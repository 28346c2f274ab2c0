import Testing

@testable import ChatProtocol

@Test(arguments: [
  ("30s", 30, "30s"), ("10m", 600, "10m"), ("2h", 7200, "2h"), ("7d", 604_800, "1w"), ("4w", 2_419_200, "4w"),
  ("1d12h", 129_600, "1d12h"), ("1w2d3h4m5s", 788_645, "1w2d3h4m5s"), ("90m", 5400, "1h30m"), ("007s", 7, "7s"),
  ("36525d", 3_155_760_000, "5217w6d"), ("0w1s", 1, "1s"),
])
func `a time is a number with its unit, or several`(text: String, seconds: Int64, written: String) throws {
  let span = try #require(TimeSpan(text))
  #expect(span.seconds == seconds)
  #expect(span.description == written)
  #expect(TimeSpan(written) == span)
}

@Test(arguments: [
  "", "0s", "5", "s", "h2", "-1h", "+1h", "1.5h", "1H", "1y", "2h1d", "1h1h", "1d12", "1 h", " 1h", "1h ", "forever",
  "36525d1s", "5218w", "99999999999999999999s", "9223372036854775807w", "٣h",
])
func `an invalid time span`(text: String) {
  #expect(TimeSpan(text) == nil)
}

@Test func `the time left is in the two largest units`() {
  let left = [0, 59, 60, 3600, 86_400, 8_380_799, 86_459].map { TimeSpan.words(seconds: $0) }
  #expect(left == ["0 s", "59 s", "1 min", "1 h", "1 d", "96 d 23 h", "1 d"])
}
