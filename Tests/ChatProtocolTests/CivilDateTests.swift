import Testing

@testable import ChatProtocol

@Test func `days and dates agree for 800 years`() {
  var date = CivilDate(year: 1600, month: 1, day: 1)
  var day = date.daysSince1970
  #expect(day == -135_140)
  while date.year < 2400 {
    #expect(CivilDate(daysSince1970: day) == date)
    #expect(date.daysSince1970 == day)
    day += 1
    date.day += 1
    if date.day > CivilDate.days(in: date.month, of: date.year) { (date.day, date.month) = (1, date.month + 1) }
    if date.month > 12 { (date.month, date.year) = (1, date.year + 1) }
  }
}

@Test(arguments: [(2024, 29), (2026, 28), (1900, 28), (2000, 29), (2100, 28)])
func `February has 29 days in leap years`(year: Int, days: Int) {
  #expect(CivilDate.days(in: 2, of: year) == days)
}

@Test(arguments: [-1, -4, -100, -400])
func `years before 0 continue backwards`(year: Int) {
  let date = CivilDate(year: year, month: 3, day: 1)
  #expect(CivilDate(daysSince1970: date.daysSince1970) == date)
  #expect(CivilDate(daysSince1970: date.daysSince1970 - 1).month == 2)
}
