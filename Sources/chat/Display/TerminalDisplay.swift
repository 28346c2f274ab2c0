import ChatProtocol
import POSIX
import Terminal
import Text

/// Events for a person at a terminal.
///
/// A line begins with the local time. What people say stands behind their name, an action behind `*`; what the server tells
/// stands behind `--`, what went wrong behind `!!`, and no name begins with any of these. A room is named where it is not
/// the current one.
struct TerminalDisplay {
  /// Colours and brightness; off for NO_COLOR.
  var isStyled: Bool
  /// How wide the terminal is, so that tables fit; nil where it does not say.
  var columns: Int?
  /// The time on this machine: what was said on another day is shown with the day.
  var now: @Sendable () -> Timestamp
  var localTime: @Sendable (Timestamp) -> LocalTime

  /// Lines without their ends.
  func lines(of received: ReceivedEvent, for viewpoint: Viewpoint) -> [String] {
    let time = clock(received.time)
    switch received.content {
    case .event(.message(let message)):
      return [time + line(of: message, in: viewpoint.room)]
    case .event(.privateMessage(let message)):
      let other = message.from == viewpoint.user ? "-> \(name(message.to))" : name(message.from)
      return [time + Style.bold.applied(to: "(private)", enabled: isStyled) + " \(other): \(cleaned(message.text))"]
    case .event(.ok(let reply)):
      let told = sentence(of: reply, for: viewpoint).map { [time + server($0)] } ?? []
      return told + list(of: reply, at: received.time)
    case .event(.error(let fault)):
      return [time + refusal(fault.message)]
    case .unfamiliarError(_, _, let message):
      return [time + refusal(message)]
    case .event(let event):
      guard let telling = sentence(of: event, for: viewpoint) else { return [] }
      return [time + (isAside(event) ? dimmed("-- \(cleaned(telling))") : server(telling))]
    case .unfamiliar:
      return []
    }
  }

  /// A sentence of the client's own.
  func note(_ sentence: String) -> String { server(sentence) }

  func complaint(_ sentence: String) -> String { refusal(sentence) }

  // MARK: Messages

  /// `alice: hello`, `* alice waves`, `[ops] alice: hello`.
  func line(of message: RoomMessage, in room: Name?) -> String {
    let place = message.room == room ? "" : dimmed("[\(message.room)]") + " "
    let text = cleaned(message.text)
    return place + (message.isAction ? "* \(name(message.from)) \(text)" : "\(name(message.from)): \(text)")
  }

  // MARK: Pieces

  /// `20:11 `; of another day `2026-11-20 20:11 `.
  private func clock(_ time: Timestamp) -> String {
    let (time, now) = (localTime(time), localTime(now()))
    let isToday = (time.year, time.month, time.day) == (now.year, now.month, now.day)
    return dimmed((isToday ? "" : day(time)) + minute(time)) + " "
  }

  func name(_ name: Name) -> String { Style.userColor(name: name.text).applied(to: name.text, enabled: isStyled) }
  func dimmed(_ text: String) -> String { Style.dim.applied(to: text, enabled: isStyled) }
  func cleaned(_ text: String) -> String { CleanText.string(from: text) }
  func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private func server(_ sentence: String) -> String { dimmed("--") + " \(cleaned(sentence))" }

  private func refusal(_ sentence: String) -> String {
    Style.bold.applied(to: "!!", enabled: isStyled) + " \(cleaned(sentence))"
  }
}
