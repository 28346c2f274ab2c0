import ChatProtocol

/// How somebody came in, to come in the same way again.
enum Credentials: Equatable, Sendable {
  case account(LoginName, Secret)
  case guest(Name)
}

/// A line that was typed, and where it was to be said.
struct TypedLine: Equatable, Sendable {
  var line: String
  /// nil where it could not be understood.
  var command: Command?
  /// Which line of the input it is.
  var number: Int
  /// The current room when it was sent.
  var room: Name?

  /// What it says to a room; nil for anything else.
  var saying: (room: Name, text: String, isAction: Bool)? {
    switch command {
    case .message(let text): room.map { ($0, text, false) }
    case .action(let text): room.map { ($0, text, true) }
    case .say(let room, let text): (room, text, false)
    default: nil
    }
  }

  /// Whether it may be sent twice: it only asks.
  var onlyAsks: Bool {
    switch command {
    case nil, .rooms, .info, .who, .history, .historySince, .search, .files, .help, .ping, .topic(nil): true
    default: false
    }
  }
}

/// A connection was lost: what it takes to go on as if it had not been.
///
/// On a new connection one logs in, takes over the session that was lost (so that nothing of what that had not read yet is
/// taken any more), enters the rooms again, and asks each for what was said since the last message that was shown. Until a
/// room's past is there, what is said in it meanwhile waits. Then it is known which of the lines that were not acknowledged
/// stand in the log; the others are sent again.
struct Comeback: Equatable, Sendable {
  /// The number of the next or present attempt to connect.
  var attempt = 1
  /// Of the sessions that were lost, one on the way back included; a guest has none.
  var tokens: [Secret]
  let rooms: [Name]
  let current: Name?
  /// The server said at the door why it lets nobody in from here, which is told once.
  var isTurnedAway = false
  /// Sent and not acknowledged, in order.
  var unanswered: [TypedLine]

  /// Rooms whose past is awaited, and what was said in them meanwhile.
  var awaited: Set<Name> = []
  var held: [ReceivedEvent] = []
  /// Rooms that would not tell their past.
  var silent: Set<Name> = []
  /// Own messages that were found in the past.
  var found: [RoomMessage] = []
  var missed = 0

  /// Whether the line stands in the log: each message found there stands for one line.
  mutating func takeFound(_ line: TypedLine) -> Bool {
    guard let saying = line.saying,
      let index = found.firstIndex(where: {
        $0.room == saying.room && $0.text == saying.text && $0.isAction == saying.isAction
      })
    else { return false }
    found.remove(at: index)
    return true
  }
}
