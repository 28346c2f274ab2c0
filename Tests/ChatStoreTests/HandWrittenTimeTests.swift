import ChatProtocol
import Testing

@testable import ChatStore

@Test(arguments: [
  ("2026-11-20", "2026-11-20T00:00:00.000Z"),
  ("2026-11-20T20:11:02Z", "2026-11-20T20:11:02.000Z"),
  ("2026-11-20T20:11:02.5Z", "2026-11-20T20:11:02.500Z"),
  ("2026-11-20 20:11:02Z", "2026-11-20T20:11:02.000Z"),
  ("2026-11-20t20:11:02z", "2026-11-20T20:11:02.000Z"),
  ("2026-11-20T20:11:02+01:30", "2026-11-20T18:41:02.000Z"),
  ("2026-12-31T20:11:02.123-05:00", "2027-01-01T01:11:02.123Z"),
])
func `a time written by hand is read`(text: String, expected: String) {
  #expect(Timestamp(handWritten: text)?.description == expected)
}

@Test(arguments: [
  "", "2026", "2026-13-01", "2026-02-29", "20.11.2026", "2026-11-20T20:11:02", "2026-11-20T20:11Z",
  "2026-11-20T24:00:00Z",
  "2026-11-20T20:11:02+1:30", "2026-11-20T20:11:02+01:60", "2026-11-20T20:11:02.Z", "today", "2026-11-20T20:11:02Z ",
])
func `what is no time is not read as one`(text: String) {
  #expect(Timestamp(handWritten: text) == nil)
}
