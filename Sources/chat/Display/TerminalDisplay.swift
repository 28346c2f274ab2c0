import ChatProtocol
import POSIX
import Terminal
import Text

/// Events for a person at a terminal.
///
/// A line begins with the local time. What people say stands behind their name, an action behind `*`; what the server tells
/// stands behind `--`, what went wrong behind `!!`, and no name begins with any of these. A room is named where it is not
/// the current one. What is longer than a row goes on below the text, broken between words.
struct TerminalDisplay {
  /// Where the text of a line begins, behind `20:11 `.
  private static let indent = 6

  /// Colours and brightness; off for NO_COLOR.
  var isStyled: Bool
  /// How wide the terminal is, so that tables fit; nil where it does not say.
  var columns: Int?
  /// The time on this machine: what was said on another day is shown with the day.
  var now: @Sendable () -> Timestamp
  var localTime: @Sendable (Timestamp) -> LocalTime
  /// Own messages are marked as what stands in the server's log, for somebody who saw them on their way there.
  var marksOwn = false
  /// A new day is told by a line of its own, so that none names it.
  var hasDayLines = false

  /// Lines without their ends.
  func lines(of received: ReceivedEvent, for viewpoint: Viewpoint) -> [String] {
    let time = clock(received.time)
    switch received.content {
    case .event(.message(let message)):
      let mark = marksOwn && message.isOwn ? " " + dimmed("✓") : ""
      return wrapped(time + line(of: message, in: viewpoint.room, calling: viewpoint.user) + mark)
    case .event(.privateMessage(let message)):
      let isOwn = message.from == viewpoint.user
      let other = isOwn ? "-> \(name(message.to))" : name(message.from)
      let text = isOwn ? cleaned(message.text) : Style.bold.applied(to: cleaned(message.text), enabled: isStyled)
      return wrapped(time + Style.bold.applied(to: "(private)", enabled: isStyled) + " \(other): \(text)")
    case .event(.ok(let reply)):
      let told = sentence(of: reply, for: viewpoint).map { wrapped(time + server($0)) } ?? []
      return told + list(of: reply, at: received.time)
    case .event(.error(let fault)):
      return wrapped(time + refusal(fault.message))
    case .unfamiliarError(_, _, let message):
      return wrapped(time + refusal(message))
    case .event(let event):
      guard let telling = sentence(of: event, for: viewpoint) else { return [] }
      return wrapped(time + (isAside(event) ? dimmed("-- \(cleaned(telling))") : server(telling)))
    case .unfamiliar:
      return []
    }
  }

  /// A sentence of the client's own.
  func note(_ sentence: String) -> [String] { wrapped(clock(now()) + server(sentence)) }

  func complaint(_ sentence: String) -> [String] { wrapped(clock(now()) + refusal(sentence)) }

  /// `-- Saturday, 21 November 2026`
  func dayLine(of time: LocalTime) -> String { dimmed("-- \(time.dayInWords)") }

  // MARK: Messages

  /// `alice: hello`, `* alice waves`, `[ops] alice: hello`.
  func line(of message: RoomMessage, in room: Name?, calling user: Name? = nil) -> String {
    let place = message.room == room ? "" : dimmed("[\(message.room)]") + " "
    let calls = message.calls(user)
    let text = calls ? Style.bold.applied(to: cleaned(message.text), enabled: isStyled) : cleaned(message.text)
    return place + (message.isAction ? "* \(name(message.from)) \(text)" : "\(name(message.from)): \(text)")
  }

  // MARK: Pieces

  /// `20:11 `; of another day `2026-11-20 20:11 `.
  private func clock(_ time: Timestamp) -> String {
    let (time, now) = (localTime(time), localTime(now()))
    return dimmed((hasDayLines || time.isSameDay(as: now) ? "" : day(time)) + minute(time)) + " "
  }

  func name(_ name: Name) -> String { Style.userColor(name: name.text).applied(to: name.text, enabled: isStyled) }
  func dimmed(_ text: String) -> String { Style.dim.applied(to: text, enabled: isStyled) }
  func cleaned(_ text: String) -> String { CleanText.string(from: text) }
  func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  func wrapped(_ line: String) -> [String] {
    guard let columns else { return [line] }
    return StyledText.wrapped(line, toColumns: columns, indent: Self.indent)
  }

  private func server(_ sentence: String) -> String { dimmed("--") + " \(cleaned(sentence))" }

  private func refusal(_ sentence: String) -> String {
    Style.bold.applied(to: "!!", enabled: isStyled) + " \(cleaned(sentence))"
  }
}
