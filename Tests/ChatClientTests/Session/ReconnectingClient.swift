import ChatProtocol

@testable import chat

/// A client that reconnects, and a server played by the test.
struct ReconnectingClient {
  private(set) var talk: Conversation
  /// The files of the first room whose list is requested.
  var files: [ListedFile] = []
  /// The outputs since the last `look`.
  private var outputs: [ClientOutput] = []

  /// Alice, logged in and in these rooms, each with 10 as its last message id. The last room is current.
  init(rooms: [String] = ["ops"], isInteractive: Bool = true, acceptsFilesIn: String? = nil, isJSON: Bool = false) {
    talk = Conversation(
      password: "correct-horse", isInteractive: isInteractive, seesOwnTyping: false, reconnects: true,
      reconnectTimeoutMilliseconds: isInteractive ? nil : 120_000, acceptsFilesIn: acceptsFilesIn, isJSON: isJSON)
    _ = talk.isGreeted()
    receive(ok: "login", Self.entered(rooms: rooms, token: "old-token"))
    if let last = rooms.last { receive(.ok(Reply("switch", .moved(room: name(last), current: name(last))))) }
    answerPings()
    for room in ["lobby"] + rooms { receive(ok: "history", Self.past(room, [(10, "bob", "before")])) }
    _ = look()
  }

  static func entered(rooms: [String], token: String, command: String = "login") -> Reply.Result {
    .entered(
      user: name("alice"), isOperator: false, room: .lobby, rooms: [.lobby] + rooms.map { name($0) },
      resume: Secret(token), unread: 0)
  }

  static func past(
    _ room: String, _ messages: [(id: MessageID, from: String, text: String)], more: Continuation? = nil
  ) -> Reply.Result {
    .history(
      room: name(room),
      messages: messages.map {
        PastMessage(
          time: Conversation.time,
          message: RoomMessage(id: $0.id, room: name(room), from: name($0.from), text: $0.text))
      }, more: more)
  }

  mutating func receive(_ event: Event) {
    outputs += talk.receives(event)
    while case .missedFiles? = talk.session.pending.first {
      outputs += talk.receives(ok: "files", .files(room: .lobby, files))
      files = []
    }
  }
  mutating func receive(ok command: String, _ result: Reply.Result = .done) { receive(.ok(Reply(command, result))) }
  mutating func receive(error code: ErrorCode, to command: String) {
    outputs += talk.receives(error: code, to: command)
  }
  mutating func type(_ line: String) { outputs += talk.types(line) }
  mutating func apply(_ input: ClientInput, at nowMilliseconds: Int64 = 0) {
    outputs += talk.session.apply(input, at: nowMilliseconds)
  }

  mutating func hear(_ text: String, id: MessageID, in room: String = "ops", from: String = "bob", isOwn: Bool = false)
  {
    receive(
      .message(RoomMessage(id: id, room: name(room), from: name(from), text: text, isOwn: isOwn)))
  }

  private mutating func answerPings() {
    while talk.session.pending.first == .ping { receive(ok: "ping", .pong(token: nil)) }
  }

  /// Returns the outputs since the last call.
  mutating func look() -> [ClientOutput] {
    defer { outputs = [] }
    return outputs
  }

  mutating func lookSent() -> [String] {
    look().compactMap { if case .send(let line) = $0, !line.hasPrefix("/files ") { line } else { nil } }
  }

  mutating func lookShown() -> [String] {
    look().compactMap { output in
      guard case .show(.event(let received, _)) = output, case .event(.message(let message)) = received.content else {
        return nil
      }
      return "\(message.room) \(message.from): \(message.text)\(message.isOwn ? " (own)" : "")"
    }
  }

  /// Reconnects, up to the reply to the login.
  mutating func reconnect(to rooms: [String] = ["ops"]) {
    apply(.connected)
    for line in ["* Welcome to chat-server 0.1.0.", "* /help lists all commands."] { _ = talk.receives(line: line) }
    receive(ok: "format", .format(.json))
    receive(ok: "login", Self.entered(rooms: rooms, token: "new-token"))
  }

  /// Replies up to the requests for the history of the rooms.
  mutating func resume(isThere: Bool = true, current: String = "ops") {
    if isThere {
      receive(ok: "resume", Self.entered(rooms: ["ops"], token: "new-token"))
    } else {
      receive(error: .noSuchToken, to: "resume")
    }
    receive(ok: "switch", .moved(room: name(current), current: name(current)))
  }
}

func name(_ text: String) -> Name { Name(text)! }
