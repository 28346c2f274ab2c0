import ChatProtocol
import POSIX
import Terminal
import TestSupport

@testable import chat

/// A `ChatScreen` on a simulated terminal: takes keys and events, gives a picture and the user's actions.
struct ScreenSession {
  static let start = Timestamp("2026-11-20T20:11:02.123Z")!

  private(set) var screen: ChatScreen
  private(set) var terminal: TerminalScreen
  private(set) var actions: [ChatScreen.ScreenAction] = []
  private var context = UserContext(user: Name("alice"), room: .lobby)

  init(columns: Int = 60, rows: Int = 12, isStyled: Bool = false, history: [String] = []) {
    let display = TerminalDisplay(
      isStyled: isStyled, columns: columns, now: { Self.start }, localTime: { LocalTime(utc: $0) })
    screen = ChatScreen(display, columns: columns, rows: rows, history: LineHistory(history))
    terminal = TerminalScreen(columns: columns, rows: rows)
    screen.begin()
    work()
  }

  var picture: String { terminal.unknown.isEmpty ? terminal.picture : "unknown: \(terminal.unknown)" }

  /// The purpose of entered lines, if it is not the screen's own question.
  var awaited: AwaitedInput?

  /// `isPausing`: a pause follows the keys.
  mutating func type(_ keys: String, isPausing: Bool = false) {
    screen.feed(Array(keys.utf8))
    if isPausing { screen.pause() }
    takeActions()
  }

  mutating func takeActions() {
    while let action = screen.next(awaited ?? asked) { actions.append(action) }
    work()
  }

  mutating func feed(_ keys: String) { screen.feed(Array(keys.utf8)) }

  /// Handles the actions one by one, as the loop does, because the session may change the purpose of lines after each.
  mutating func takeNext() {
    if let action = screen.next(awaited ?? asked) { actions.append(action) }
    work()
  }

  private var asked: AwaitedInput {
    switch screen.question {
    case .open: .name
    case .password: .password
    case .pasted, nil: .line
    }
  }

  mutating func receive(_ event: Event, at time: String? = nil) {
    let time = time.flatMap { Timestamp($0) } ?? Self.start
    tell(.event(ReceivedEvent(time: time, event), context))
  }

  mutating func tell(_ shown: DisplayItem) {
    screen.show(shown)
    work()
  }

  mutating func hear(_ text: String, from user: String = "bob", in room: String = "lobby", at time: String? = nil) {
    receive(.message(RoomMessage(id: 1, room: Name(room)!, from: Name(user)!, text: text)), at: time)
  }

  mutating func change(_ change: (inout Overview) -> Void) {
    var overview = screen.overview
    change(&overview)
    screen.show(overview)
    work()
  }

  /// A screen of alice in the lobby.
  mutating func logIn() {
    change {
      $0.connection = .connected
      ($0.user, $0.current) = (Name("alice"), .lobby)
      $0.enter([.lobby])
    }
  }

  mutating func know(_ change: (inout KnownNames) -> Void) { change(&screen.names) }

  mutating func ask(_ question: ScreenQuestion) {
    screen.ask(question)
    work()
  }

  mutating func resize(columns: Int) {
    terminal = terminal.resized(columns: columns)
    screen.resize(columns: columns, rows: terminal.rows)
    work()
  }

  mutating func restoreInput(_ line: String) {
    screen.restoreInput(line)
    work()
  }

  private mutating func work() { terminal.write(screen.takeOutput()) }
}

extension LocalTime {
  init(utc time: Timestamp) {
    func number(_ first: Int, _ count: Int) -> Int { Int(time.description.dropFirst(first).prefix(count))! }
    self.init(
      year: number(0, 4), month: number(5, 2), day: number(8, 2), hour: number(11, 2), minute: number(14, 2),
      second: number(17, 2))
  }
}
