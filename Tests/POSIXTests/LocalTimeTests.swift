import POSIX
import Testing

struct LocalTimeTests {
  /// The tests do not change TZ for the whole process, so what they say holds in every zone: all are whole minutes
  /// (today) and at most a day from UTC.
  @Test(arguments: [0, 1_795_205_462_123, -1, -86_400_000, 951_782_399_000])
  func `a local time is a whole number of minutes from UTC`(milliseconds: Int64) {
    let time = LocalTime(milliseconds: milliseconds)
    #expect((1...12).contains(time.month) && (1...31).contains(time.day))
    #expect((0...23).contains(time.hour) && (0...59).contains(time.minute))
    let seconds = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    #expect(Int64(time.second) == ((seconds % 60) + 60) % 60)
  }

  @Test func `the zone has a name at every time of the year`() {
    for milliseconds in [0, 1_795_205_462_123, 1_780_000_000_000] as [Int64] {
      #expect(!LocalTime.zone(milliseconds: milliseconds).isEmpty)
    }
  }

  @Test func `a day later it is the next day at the same time`() {
    let time = LocalTime(milliseconds: 1_795_205_462_123)
    let next = LocalTime(milliseconds: 1_795_205_462_123 + 86_400_000)
    #expect(time.year == 2026 && time.month == 11)
    #expect(next.day == time.day + 1 && next.second == time.second)
  }

  @Test(arguments: [0, 1_795_205_462_000, 951_782_399_000])
  func `a local time is found again, and a day before the first is of the last month`(milliseconds: Int64) throws {
    var time = LocalTime(milliseconds: milliseconds)
    #expect(try #require(time.milliseconds).contains(milliseconds))
    (time.month, time.day) = (3, 0)
    let day = LocalTime(milliseconds: try #require(time.milliseconds).lowerBound)
    #expect(day.month == 2 && day.day >= 28 && day.hour == time.hour)
  }

  @Test func `a variable that nobody sets is absent`() {
    #expect(Environment.value("CHAT_TEST_VARIABLE_THAT_NOBODY_SETS") == nil)
    #expect(Environment.value("PATH")?.isEmpty == false)
  }
}
