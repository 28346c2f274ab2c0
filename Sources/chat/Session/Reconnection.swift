import ChatProtocol
import JSON

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

  /// Whether it comes to the same when it is sent twice: it only asks, or goes where one may be already.
  var mayBeSentTwice: Bool {
    switch command {
    case nil, .rooms, .info, .who, .history, .historyFrom, .search, .files, .help, .ping, .topic(nil): true
    case .join, .switchRoom: true
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
struct Reconnection: Equatable, Sendable {
  /// The number of the next or present attempt to connect.
  var attempt = 1
  /// Of the sessions that were lost, one on the way back included; a guest has none.
  var tokens: [Secret]
  let rooms: [Name]
  let current: Name?
  /// The room that was to be entered before anything else.
  let entering: Name?
  let lost_ms: Int64
  /// What the server's clock said when it was heard last; nil if it never was.
  let lastHeard: Timestamp?
  /// The server said at the door why it lets nobody in from here, which is told once.
  var isTurnedAway = false
  /// Sent and not acknowledged, in order. What is found in the past is taken away.
  var unanswered: [TypedLine]

  /// Rooms whose past is awaited, and what was said in them meanwhile.
  var awaited: Set<Name> = []
  var held: [Kept] = []
  /// Rooms that would not tell their past.
  var silent: Set<Name> = []

  /// What others said meanwhile.
  var missed = 0
  var missedPrivate = 0
  /// What is not shown yet, until it is told how much that is.
  var kept: [Kept] = []
  var isTold = false

  struct Kept: Equatable, Sendable {
    var event: ReceivedEvent
    /// As the server wrote it; nil for what it told of the past.
    var line: JSONValue?

    /// Ids grow over all rooms and private messages.
    var id: MessageID {
      switch event.content {
      case .event(.message(let message)): message.id
      case .event(.privateMessage(let message)): message.id
      case .event(.file(let file)): file.id
      default: .max
      }
    }
  }

  /// The connection of the attempt before, if there was one, is lost. What it had told of the past is seen.
  mutating func beginAttempt() {
    attempt += 1
    (awaited, held) = ([], [])
    if isTold { (isTold, missed, missedPrivate) = (false, 0, 0) }
  }

  /// A message of one's own stands in the log, and for one line that was not acknowledged. Whether there was such a line.
  mutating func acknowledge(_ message: RoomMessage) -> Bool {
    let index = unanswered.firstIndex { line in
      guard let saying = line.saying else { return false }
      return message.room == saying.room && message.text == saying.text && message.isAction == saying.isAction
    }
    guard let index else { return false }
    unanswered.remove(at: index)
    return true
  }
}
