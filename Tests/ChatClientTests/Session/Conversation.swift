import ChatProtocol
import JSON

@testable import chat

/// A client session and a server played by the test. Each step returns the client's outputs.
struct Conversation {
  static let time = Timestamp("2026-11-20T20:11:02.123Z")!

  var session: ClientSession

  init(
    name: String? = "alice", room: String? = nil, password: String? = nil, isInteractive: Bool = true,
    seesOwnTyping: Bool? = nil, hasOverview: Bool = false, reconnects: Bool = false,
    reconnectTimeoutMilliseconds: Int64? = nil,
    acceptsFilesIn: String? = nil, isJSON: Bool = false
  ) {
    session = ClientSession(
      ClientSettings(
        server: "127.0.0.1:7777", name: name.flatMap { LoginName(typed: $0) }, room: room.flatMap { Name($0) },
        password: password.map { Secret($0) }, isInteractive: isInteractive,
        seesOwnTyping: seesOwnTyping ?? isInteractive, hasOverview: hasOverview,
        acceptsFilesIn: acceptsFilesIn, reconnects: reconnects,
        reconnectTimeoutMilliseconds: reconnectTimeoutMilliseconds, isJSON: isJSON
      ))
    _ = session.start()
  }

  mutating func receives(_ event: Event) -> [ClientOutput] {
    var line: [UInt8] = []
    Dialect.json.encode(event, at: Conversation.time, into: &line)
    return session.apply(.received(line.dropLast()))
  }

  mutating func receives(ok command: String, _ result: Reply.Result = .done) -> [ClientOutput] {
    receives(.ok(Reply(command, result)))
  }

  mutating func receives(error code: ErrorCode, to command: String, _ message: String = "No.") -> [ClientOutput] {
    receives(.error(CommandError(command: command, code: code, message: message)))
  }

  mutating func receives(line: String) -> [ClientOutput] { session.apply(.received(Array(line.utf8))) }

  mutating func types(_ line: String) -> [ClientOutput] { session.apply(.typed(line)) }
  mutating func answers(secretly secret: String?) -> [ClientOutput] {
    session.apply(.password(secret.map { Secret($0) }))
  }

  /// Connects, up to the reply to `/format json`.
  mutating func isGreeted() -> [ClientOutput] {
    for line in ["* Welcome to chat-server 0.1.0.", "* /help lists all commands."] { _ = receives(line: line) }
    return receives(ok: "format", .format(.json))
  }

  /// Logs in, with a password if there is one, else as a guest, up to the point where lines are sent to the lobby.
  mutating func logsIn(rooms: [String] = []) -> [ClientOutput] {
    _ = isGreeted()
    if session.settings.isInteractive, session.settings.password == nil {
      _ = answers(secretly: "")
      _ = types("g")
    }
    return receives(ok: session.settings.password == nil ? "guest" : "login", Conversation.entered(rooms: rooms))
  }

  static func entered(as user: String = "alice", room: String = "lobby", rooms: [String] = []) -> Reply.Result {
    .entered(
      user: Name(user)!, isOperator: false, room: Name(room)!, rooms: [.lobby] + rooms.map { Name($0)! }, resume: nil,
      unread: 0)
  }

  static func own(_ text: String, id: MessageID = 1, room: String = "lobby", isAction: Bool = false) -> Event {
    .message(
      RoomMessage(id: id, room: Name(room)!, from: Name("alice")!, text: text, isAction: isAction, isOwn: true))
  }

  /// A message to a room that alice is in.
  static func shown(_ event: Event, in room: String? = "lobby", to user: String? = "alice") -> ClientOutput {
    .show(
      .event(
        ReceivedEvent(time: time, event),
        UserContext(user: user.flatMap { Name($0) }, room: room.flatMap { Name($0) })))
  }

  static func error(_ sentence: String) -> ClientOutput { .show(.error(sentence)) }
}
