import Testing

@testable import ChatProtocol

private let instants: [(milliseconds: Int64, text: String)] = [
  (0, "1970-01-01T00:00:00.000Z"),
  (-1, "1969-12-31T23:59:59.999Z"),
  (1_795_205_462_123, "2026-11-20T20:11:02.123Z"),
  (951_782_399_999, "2000-02-28T23:59:59.999Z"),
  (951_782_400_000, "2000-02-29T00:00:00.000Z"),
  (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
  (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
  (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"),
  (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
  (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
]

@Test(arguments: instants)
func `an instant is written and read as RFC 3339`(milliseconds: Int64, text: String) {
  #expect(Timestamp(milliseconds: milliseconds).description == text)
  #expect(Timestamp(text)?.milliseconds == milliseconds)
}

@Test(arguments: [
  ("2026-11-20T20:11:02Z", "2026-11-20T20:11:02.000Z"),
  ("2026-11-20T20:11:02.5Z", "2026-11-20T20:11:02.500Z"),
  ("2026-11-20T20:11:02.123999Z", "2026-11-20T20:11:02.123Z"),
])
func `decimals of a second are optional`(text: String, same: String) {
  #expect(Timestamp(text)?.description == same)
}

@Test(arguments: [
  "", "now", "2026-11-20", "2026-11-20T20:11:02", "2026-11-20T20:11:02.Z", "2026-11-20T20:11:02.1",
  "2026-11-20T20:11:02+00:00", "2026-11-20 20:11:02Z", "2026-11-20T20:11:02Z ", "2026-1-20T20:11:02Z",
  "2026-00-20T20:11:02Z", "2026-13-20T20:11:02Z", "2026-11-00T20:11:02Z", "2026-11-31T20:11:02Z",
  "2026-02-29T20:11:02Z", "2100-02-29T20:11:02Z", "2026-11-20T24:00:00Z", "2026-11-20T20:60:02Z",
  "2026-11-20T20:11:60Z", "-026-11-20T20:11:02Z", "２026-11-20T20:11:02Z",
])
func `an invalid instant`(text: String) {
  #expect(Timestamp(text) == nil)
}

@Test func `instants compare and add by their milliseconds`() {
  let time = Timestamp(milliseconds: 1000)
  #expect(time.adding(milliseconds: -1) < time)
  #expect(time.adding(milliseconds: 60_000).description == "1970-01-01T00:01:01.000Z")
}

@Test func `instants are clamped to the first and the last`() {
  #expect(Timestamp.first.description == "0000-01-01T00:00:00.000Z")
  #expect(Timestamp.last.description == "9999-12-31T23:59:59.999Z")
  for milliseconds in [Int64.min, Int64.min + 1, Timestamp.first.milliseconds - 1] {
    #expect(Timestamp(milliseconds: milliseconds) == .first && Timestamp(exactly: milliseconds) == nil)
  }
  for milliseconds in [Int64.max, Int64.max - 1, Timestamp.last.milliseconds + 1] {
    #expect(Timestamp(milliseconds: milliseconds) == .last && Timestamp(exactly: milliseconds) == nil)
  }
  for time in [Timestamp.first, Timestamp(milliseconds: 0), .last] {
    #expect(time.adding(milliseconds: .max) == .last && time.adding(milliseconds: .min) == .first)
    #expect(Timestamp(time.description) == time)
  }
}
