import ChatProtocol
import POSIX
import Terminal
import Text

/// Events for a user at a terminal.
///
/// A line begins with the local time. A message follows the user's name, an action follows `*`, the server's lines follow `--`,
/// errors follow `!!`; no name begins with any of these. Rooms other than the current one are named. A long line continues
/// below its text, broken between words.
struct TerminalDisplay {
  /// Where the text of a line begins, after `20:11 `.
  private static let indent = 6

  /// Colours and bold; off for NO_COLOR.
  var isStyled: Bool
  /// The terminal's width; nil if it is not known.
  var columns: Int?
  /// The current time: messages of another day are shown with their day.
  var now: @Sendable () -> Timestamp
  var localTime: @Sendable (Timestamp) -> LocalTime
  /// Marks own messages, which the server has saved.
  var marksOwn = false
  /// A new day has a line of its own, so that messages do not name it.
  var hasDayLines = false

  /// The lines of an event. An event without a case here shows as in the text dialect.
  func lines(of received: ReceivedEvent, for context: UserContext) -> [String] {
    let time = clock(received.time)
    func server(_ sentence: String) -> [String] { wrapped(time + self.server(sentence)) }
    func aside(_ sentence: String) -> [String] { wrapped(time + dimmed("-- \(cleaned(sentence))")) }
    func subject(_ user: Name) -> String { user == context.user ? "you" : user.text }
    func subjectIs(_ user: Name) -> String { user == context.user ? "you are" : "\(user) is" }
    switch received.content {
    case .unfamiliar: return []
    case .unfamiliarError(_, _, let message): return wrapped(time + error(message))
    case .event(let event):
      switch event {
      case .message(let message):
        let mark = marksOwn && message.isOwn ? " " + dimmed("✓") : ""
        return wrapped(time + line(of: message, in: context.room, mentioning: context.user) + mark)
      case .privateMessage(let message):
        let isOwn = message.from == context.user
        let other = isOwn ? "-> \(name(message.to))" : name(message.from)
        let text = isOwn ? cleaned(message.text) : bold(cleaned(message.text))
        return wrapped(time + bold("(private)") + " \(other): \(text)")
      case .ok(let reply):
        return (sentence(of: reply, for: context).map(server) ?? []) + list(of: reply, at: received.time)
      case .error(let refused): return wrapped(time + error(refused.message))
      case .welcome(let server, let version): return wrapped(time + self.server("Welcome to \(server) \(version)."))
      case .joined(let room, let user): return aside("\(subject(user)) joined \(room)")
      case .left(let room, let user, let reason): return aside("\(subject(user)) left \(room)\(bracketed(reason))")
      case .away(let user, let text):
        return aside("\(subjectIs(user)) away\(text.map { ": \($0)" } ?? "")")
      case .back(let user): return aside("\(subjectIs(user)) back")
      case .room(let room):
        let topic = room.topic.isEmpty ? "" : ", topic: \(room.topic)"
        return aside(
          "\(room.name): \(counted(UInt64(room.members), "member"))\(room.entry == "open" ? "" : ", \(room.entry)")\(topic)"
        )
      case .file(let file):
        return server(
          "\(file.from) shares \(file.name) (\(ByteCount.words(file.size))) in \(file.room): /get \(file.id)")
      case .kicked(let room?, let by, let reason):
        return server("You were kicked from \(room) by \(by)\(bracketed(reason))")
      case .kicked(nil, let by, let reason):
        return server("You were kicked from the server by \(by)\(bracketed(reason))")
      // Shown as the reason when the connection ends.
      case .closing: return []
      // An event whose words in the text dialect serve here too needs no line.
      default: return event.lines.flatMap(server)
      }
    }
  }

  /// A message of the client itself.
  func lines(of sentence: String, isError: Bool) -> [String] {
    wrapped(clock(now()) + (isError ? error(sentence) : server(sentence)))
  }

  /// `-- Saturday, 21 November 2026`
  func dayLine(of time: LocalTime) -> String { dimmed("-- \(time.dayInWords)") }

  /// `alice: hello`, `* alice waves`, `[ops] alice: hello`.
  func line(of message: RoomMessage, in room: Name?, mentioning user: Name? = nil) -> String {
    let place = message.room == room ? "" : dimmed("[\(message.room)]") + " "
    let text = message.mentions(user) ? bold(cleaned(message.text)) : cleaned(message.text)
    return place + (message.isAction ? "* \(name(message.from)) \(text)" : "\(name(message.from)): \(text)")
  }

  // MARK: Pieces

  /// `20:11 `; on another day `2026-11-20 20:11 `.
  private func clock(_ time: Timestamp) -> String {
    let (time, now) = (localTime(time), localTime(now()))
    return dimmed((hasDayLines || time.isSameDay(as: now) ? "" : day(time)) + minute(time)) + " "
  }

  /// `2026-11-20 `
  func day(_ time: LocalTime) -> String { "\(time.year)-\(twoDigits(time.month))-\(twoDigits(time.day)) " }

  /// `20:11`
  func minute(_ time: LocalTime) -> String { "\(twoDigits(time.hour)):\(twoDigits(time.minute))" }

  private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// `1 member`, `2 members`.
  func counted(_ number: UInt64, _ noun: String) -> String { number == 1 ? "1 \(noun)" : "\(number) \(noun)s" }

  private func bracketed(_ reason: String) -> String { reason.isEmpty ? "" : " (\(reason))" }

  func name(_ name: Name) -> String {
    Style.userColor(name: name.text).applied(to: name.text, enabled: isStyled)
  }
  private func bold(_ text: String) -> String { Style.bold.applied(to: text, enabled: isStyled) }
  func dimmed(_ text: String) -> String { Style.dim.applied(to: text, enabled: isStyled) }
  func cleaned(_ text: String) -> String { CleanText.string(from: text) }

  func wrapped(_ line: String, indent: Int = indent) -> [String] {
    guard let columns else { return [line] }
    return StyledText.wrapped(line, toColumns: columns, indent: indent)
  }

  private func server(_ sentence: String) -> String { dimmed("--") + " \(cleaned(sentence))" }
  private func error(_ sentence: String) -> String { bold("!!") + " \(cleaned(sentence))" }
}

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
