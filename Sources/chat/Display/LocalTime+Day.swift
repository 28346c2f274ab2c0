import ChatProtocol
import POSIX

extension LocalTime {
  private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]

  func isSameDay(as other: LocalTime) -> Bool { (year, month, day) == (other.year, other.month, other.day) }

  /// `Saturday, 21 November 2026`
  var dayInWords: String {
    let weekday = Self.weekdays[CivilDate(year: year, month: month, day: day).weekday]
    return "\(weekday), \(day) \(Self.months[month - 1]) \(year)"
  }
}
