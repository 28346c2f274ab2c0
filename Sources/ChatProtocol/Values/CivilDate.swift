/// A day of the proleptic Gregorian calendar, to and from a count of days.
///
/// The year is taken to begin in March, so that the leap day comes last and the lengths of the months
/// follow one straight line of 153 days in five months.
package struct CivilDate: Equatable {
  var year: Int
  var month: Int
  var day: Int

  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  private static let daysPer400Years = 146_097
  /// Days from 0000-03-01 to 1970-01-01.
  private static let daysTo1970 = 719_468

  /// 0 is Sunday. The first of January 1970 was a Thursday.
  package var weekday: Int { ((daysSince1970 + 4) % 7 + 7) % 7 }

  var daysSince1970: Int {
    let shifted = month > 2 ? year : year - 1
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * CivilDate.daysPer400Years + dayOfEra - CivilDate.daysTo1970
  }

  init(daysSince1970: Int) {
    let days = daysSince1970 + CivilDate.daysTo1970
    let era = (days >= 0 ? days : days - (CivilDate.daysPer400Years - 1)) / CivilDate.daysPer400Years
    let dayOfEra = days - era * CivilDate.daysPer400Years
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
