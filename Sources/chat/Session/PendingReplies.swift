import ChatProtocol

/// The lines sent and not answered yet. The server answers every line with exactly one reply, in order, so the first of these
/// is what the next reply is about.
struct PendingReplies: Equatable, Sendable {
  private var replies: [PendingReply] = []

  var isEmpty: Bool { replies.isEmpty }
  var first: PendingReply? { replies.first }
  mutating func append(_ reply: PendingReply) { replies.append(reply) }
  mutating func removeFirst() -> PendingReply { replies.removeFirst() }
  mutating func removeAll() { replies = [] }

  func contains(_ reply: PendingReply) -> Bool { replies.contains(reply) }
  func contains(where predicate: (PendingReply) -> Bool) -> Bool { replies.contains(where: predicate) }

  var typedLines: [TypedLine] { replies.compactMap(\.typedLine) }
  var isReconnecting: Bool { contains { if case .reconnection = $0 { true } else { false } } }
  var asksForHistoryEnd: Bool { contains { if case .historyEnd = $0 { true } else { false } } }

  /// The first room being joined.
  var joinedRoom: Name? { replies.lazy.compactMap { if case .join(let room) = $0 { room } else { nil } }.first }

  /// The earliest time from which missed files are asked for.
  var missedFilesSince: Timestamp? {
    replies.compactMap { if case .missedFiles(let since) = $0 { since } else { nil } }.min()
  }

  /// The transfers that wait for an answer.
  var transfers: [Int] {
    replies.compactMap {
      if case .offer(let number) = $0 { number } else if case .get(let number) = $0 { number } else { nil }
    }
  }
}

/// What a reply of the server is about.
enum PendingReply: Equatable, Sendable {
  case format
  /// `/login`, `/register` or `/guest`, sent by the client itself.
  case login
  /// `/join` or `/switch` to the room of `--room`, or `/join` with a password that was asked for.
  case join(Name)
  case read
  /// `/read` with a room.
  case readMark
  /// `/rooms`, for Tab.
  case roomList
  /// `/info`, for the number of members.
  case memberCount(Name)
  /// `/history`, for the id of a room's last message.
  case historyEnd(Name)
  case ping
  /// `/offer` and `/get`, for the transfer of this number.
  case offer(Int)
  case get(Int)
  /// `/files`, for files shared while there was no connection.
  case missedFiles(since: Timestamp)
  case reconnection(ReconnectionStep)
  case quit
  case typed(TypedLine)

  var typedLine: TypedLine? { if case .typed(let line) = self { line } else { nil } }

  /// Whether the client asked only to be able to reconnect: a program that reads events does not see the reply.
  var isInternal: Bool {
    switch self {
    case .historyEnd, .ping, .missedFiles, .readMark: true
    case .reconnection(let step): step != .login
    default: false
    }
  }
}

/// What the client sends after it reconnected, apart from `/format`.
enum ReconnectionStep: Equatable, Sendable {
  case login
  case resume
  case rejoin(Name)
  /// `/switch` to the room that was current.
  case current(Name)
  /// `/history` since the last message seen.
  case missed(Name)
}

/// A typed line that was sent.
struct TypedLine: Equatable, Sendable {
  var line: String
  /// Nil if the client cannot parse it.
  var command: Command?
  /// The number of the line of input.
  var number: Int
  /// The current room when it was sent.
  var room: Name?

  /// The message to a room that it sends; nil for anything else.
  var message: (room: Name, text: String, isAction: Bool)? {
    switch command {
    case .message(let text): room.map { ($0, text, false) }
    case .action(let text): room.map { ($0, text, true) }
    case .say(let room, let text): (room, text, false)
    default: nil
    }
  }

  /// The text to show until the server acknowledges it; nil if it is no message to a room.
  var shownText: String? {
    switch command {
    case .message(let text): text
    case .action(let text): "/me \(text)"
    case .say(let room, let text): "[\(room)] \(text)"
    default: nil
    }
  }

  /// Whether sending it twice does no harm: it only asks, or joins a room.
  var isIdempotent: Bool {
    switch command {
    case nil, .rooms, .info, .who, .history, .historyFrom, .conversation, .search, .files, .help, .ping, .topic(nil):
      true
    case .ignore(nil), .join, .switchRoom: true
    default: false
    }
  }
}

/// A typed line that waits for its turn, or for a connection.
struct QueuedLine: Equatable, Sendable {
  let text: String
  /// The number of the line of input.
  let number: Int

  /// Whether it is a message or sends or fetches a file, and so is shown while it waits.
  var isShown: Bool {
    guard text.hasPrefix("/"), !text.hasPrefix("//") else { return true }
    let word = text.dropFirst().prefix { $0 != " " }.lowercased()
    return ClientCommands.own.contains { $0.name == word }
  }
}

/// An `error` reply, with a known code or not.
struct Refusal: Error, Equatable {
  var code: ErrorCode?
  /// What to do, in the server's words.
  var message: String
}

extension Command {
  /// The server may ask for the room's password.
  var isJoinWithoutPassword: Bool { if case .join(_, nil) = self { true } else { false } }

  /// The command that the server will see in a line; nil if it will refuse the line.
  init?(parsing line: String) {
    guard let command = try? CommandParser.parse(Array(line.utf8).span).get() else { return nil }
    self = command
  }
}
