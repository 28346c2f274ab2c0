import ChatProtocol
import POSIX
import Terminal
import TestSupport
import Testing

@testable import chat

/// Random keys at random times, with a server that answers at random and may disconnect.
@Suite struct RandomTypingTests {
  @Test func `after any keys at any time chat can be quit, and no password is shown, sent or saved`() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    for round in 0..<400 {
      var walk = Walk(&random)
      for _ in 0..<Int.random(in: 1...80, using: &random) where !walk.hasEnded { walk.step(&random) }
      walk.leave(&random)
      guard walk.fault == nil, walk.hasEnded else {
        Issue.record("seed \(seed), round \(round): \(walk.fault ?? "it does not end")\n\(walk.story)")
        return
      }
    }
  }
}

/// A simulated user, a session, and its server.
private struct Walk {
  /// Typed only while a password is asked for or checked.
  static let password = "marked-secret"
  static let pieces = [
    "\r", "\r", "\r", "g\r", "t\r", "r\r", "n\r", "x\r", "bob\r", "\u{1B}", "\u{1B}[200~x\ny\u{1B}[201~", "o\r", "m\r",
    "\u{1B}[200~", "hello\r", "hel", "one\rtwo\r", "/join den\r", "/passwd\r", "/login bob\r", "\u{12}he", "\t",
    "\u{1B}[A",
    "\u{15}", "/logout\r", " /msg bob x\r", "漢\u{7F}", "\u{19}", "\u{3}",
  ]

  private var session: ClientSession
  private var screen: ChatScreen
  private var terminal = TerminalScreen(columns: 80, rows: 24)
  /// The lines that the server has not answered yet.
  private var sent: [String] = []
  private var isSecretive = false
  private(set) var hasEnded = false
  private(set) var fault: String?
  private(set) var story = ""

  init(_ random: inout SeededRandom) {
    let name = Bool.random(using: &random) ? LoginName(typed: "alice") : nil
    session = ClientSession(
      ClientSettings(
        server: "here", name: name, room: Bool.random(using: &random) ? Name("den") : nil, isInteractive: true,
        seesOwnTyping: false, hasOverview: true, reconnects: true, isJSON: false))
    screen = ChatScreen(
      TerminalDisplay(
        isStyled: false, columns: 80, now: { ScreenSession.start }, localTime: { LocalTime(utc: $0) }),
      columns: 80, rows: 24)
    _ = screen.next(.nothing)
    screen.begin()
    perform(session.start())
  }

  mutating func step(_ random: inout SeededRandom) {
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<7:
      type((0..<Int.random(in: 1...3, using: &random)).map { _ in Self.pieces.randomElement(using: &random)! })
    case 7..<12 where isSecretive:
      type([
        Self.password, ["", "\r", "\r\(Self.password)\r", "\rg\r\(Self.password)\r"].randomElement(using: &random)!,
      ])
    case 12: pause()
    case 13 where session.reconnection != nil && session.state == .disconnected:
      apply(Bool.random(using: &random) ? .connected : .notConnected)
    case 14 where Int.random(in: 0..<4, using: &random) == 0 && session.state != .disconnected:
      sent = []
      apply(.connectionEnded(nil))
    default: answer(&random)
    }
  }

  mutating func leave(_ random: inout SeededRandom) {
    guard !hasEnded else { return }
    switch Int.random(in: 0..<3, using: &random) {
    case 0:
      apply(.terminated)
      if !hasEnded { apply(.terminated) }
    case 1:
      apply(.terminated)
      // The server's timeout has passed.
      if !hasEnded, session.isAwaitingServer { apply(.noAnswer) }
    default:
      pause()
      for key in ["\u{3}", "\u{3}", "\u{3}", "\u{3}", "\u{3}", "\u{3}", "\u{4}", "\u{4}"] where !hasEnded {
        type([key])
        pause()
      }
    }
  }

  private mutating func type(_ keys: [String]) {
    story += "types \(keys)\n"
    screen.feed(Array(keys.joined().utf8))
    work()
  }

  private mutating func pause() {
    story += "pauses\n"
    screen.pause()
    work()
  }

  private mutating func apply(_ input: ClientInput) {
    guard !hasEnded else { return }
    story += "\(input)\n"
    perform(session.apply(input))
    work()
  }

  /// As the loop does it.
  private mutating func work() {
    while !hasEnded {
      let awaited = session.awaited
      if awaited != .nothing { isSecretive = awaited == .password }
      guard let action = screen.next(awaited) else { break }
      for line in screen.takeHistoryLines() where line.contains("marked") { fault = "kept: \(line)" }
      switch action {
      case .entered(let line): perform(session.apply(.typed(line)))
      case .password(let secret): perform(session.apply(.password(secret)))
      case .quit: perform(session.apply(.endOfInput))
      case .suspend, .stopTransfers: break
      }
    }
    terminal.write(screen.takeOutput())
    let shown = terminal.picture + terminal.scrolled.joined()
    if shown.contains("marked") { fault = "shown: \(terminal.picture)" }
  }

  private mutating func perform(_ outputs: [ClientOutput]) {
    for output in outputs {
      switch output {
      case .send(let line):
        let isCommand = ["/login ", "/LOGIN ", "/register ", "/passwd ", "/join "].contains { line.hasPrefix($0) }
        if line.contains("marked"), !isCommand { fault = "said: \(line)" }
        sent.append(line)
      case .show(let shown): screen.show(shown)
      case .ask(let question): screen.ask(.open(question))
      case .askPassword(let question): screen.ask(.password(question))
      case .restoreInput(let line): screen.restoreInput(line)
      case .exit: hasEnded = true
      default: break
      }
    }
    screen.show(session.overview)
  }

  /// A possible answer of the server to the oldest line.
  private mutating func answer(_ random: inout SeededRandom) {
    guard !sent.isEmpty, !hasEnded, session.state != .disconnected else { return }
    let line = sent.removeFirst()
    let words = line.split(separator: " ").map(String.init)
    let command = String(words[0].dropFirst().lowercased())
    let refused = ErrorCode.allCases.randomElement(using: &random)!
    let isGood = Bool.random(using: &random)
    var event = Event.error(CommandError(command: command, code: refused, message: "No."))
    switch command {
    case "format": event = .ok(Reply("format", .format(.json)))
    case "login" where isGood, "guest" where isGood, "register" where isGood:
      event = .ok(Reply(command, Conversation.entered()))
    case "login", "guest", "register":
      event = .error(CommandError(command: command, code: .wrongPassword, message: "No."))
    case "join" where isGood: event = .ok(Reply("join", .moved(room: Name("den")!, current: Name("den")!)))
    case "join" where Bool.random(using: &random):
      event = .error(CommandError(command: "join", code: .roomLocked, message: "No."))
    case "quit", "logout", "passwd", "ping", "read": event = .ok(Reply(command))
    case _ where !line.hasPrefix("/"): event = Conversation.own(line, room: session.context.room?.text ?? "lobby")
    default: break
    }
    story += "\(line) is answered: \(event)\n"
    var bytes: [UInt8] = []
    Dialect.json.encode(event, at: Conversation.time, into: &bytes)
    apply(.received(bytes.dropLast()))
  }
}
