import ChatProtocol
import JSON

/// A lost connection, until the session is as if it had not been lost.
///
/// On a new connection the client logs in, resumes the lost session (so that the server ignores what that one still sends), joins
/// the rooms again, and asks each for the messages since the last one shown. Until those are here, new messages of the room
/// wait. Then the client knows which unacknowledged lines the server saved, and sends the others again.
struct Reconnection: Equatable, Sendable {
  private static let tokensMax = 4
  /// More missed messages than this are shown as they come, not after their count.
  static let missedMax = 500

  /// The number of the next or current attempt to connect.
  private(set) var attempt = 1
  /// The tokens of the lost sessions, including those lost while reconnecting.
  private(set) var tokens: [Secret]
  let rooms: [Name]
  let current: Name?
  /// The room that was being joined.
  let joining: Name?
  let lostMilliseconds: Int64
  /// The server's last time before; nil if unknown.
  let lastServerTime: Timestamp?
  /// Whether the user knows why the server refuses the connection.
  var hasShownRefusal = false
  /// Lines sent and not acknowledged, in order, without those found in the history.
  private(set) var unacknowledged: [TypedLine]

  /// Rooms whose history is awaited.
  private var awaited: Set<Name> = []
  /// New messages of these rooms.
  private var held: [MissedEvent] = []
  /// Rooms whose history is not known.
  private(set) var unknown: Set<Name> = []

  /// How many messages other users sent meanwhile.
  private(set) var missed = 0
  private(set) var missedPrivate = 0
  /// Messages not shown yet: their count is shown first.
  private var unshown: [MissedEvent] = []
  private(set) var isCountShown = false

  init(
    token: Secret?, rooms: [Name], current: Name?, joining: Name?, lostMilliseconds: Int64, lastServerTime: Timestamp?,
    unacknowledged: [TypedLine]
  ) {
    tokens = [token].compactMap(\.self)
    (self.rooms, self.current, self.joining) = (rooms, current, joining)
    (self.lostMilliseconds, self.lastServerTime, self.unacknowledged) = (
      lostMilliseconds, lastServerTime, unacknowledged
    )
  }

  /// A connection of an attempt, if there was one, is lost too. Messages whose count was shown are not counted again.
  mutating func beginAttempt() {
    attempt += 1
    (awaited, held) = ([], [])
    if isCountShown { (isCountShown, missed, missedPrivate) = (false, 0, 0) }
  }

  /// If this connection is lost too, its session is one more to resume.
  mutating func addToken(_ token: Secret) { tokens = tokens.suffix(Self.tokensMax - 1) + [token] }

  mutating func awaitHistory(of room: Name) { awaited.insert(room) }

  mutating func giveUpHistory(of room: Name) {
    unknown.insert(room)
    awaited.remove(room)
  }

  /// Removes the first unacknowledged line that sends this own message. Returns whether there is one.
  mutating func acknowledge(_ message: RoomMessage) -> Bool {
    let index = unacknowledged.firstIndex { line in
      guard let sent = line.message else { return false }
      return message.room == sent.room && message.text == sent.text && message.isAction == sent.isAction
    }
    guard let index else { return false }
    unacknowledged.remove(at: index)
    return true
  }

  mutating func count(_ count: Int = 1, isPrivate: Bool = false) {
    missed += count
    if isPrivate { missedPrivate += count }
  }

  /// Holds a message if its room's history is awaited. Returns whether it did.
  mutating func hold(_ event: MissedEvent, in room: Name) -> Bool {
    guard awaited.contains(room) else { return false }
    held.append(event)
    return true
  }

  /// The held messages of a room whose history is here.
  mutating func release(_ room: Name) -> [MissedEvent] {
    awaited.remove(room)
    let released = held.filter { $0.room == room }
    held.removeAll { $0.room == room }
    return released
  }

  /// Adds a message to show after the count. Returns whether the count must be shown now, because there are too many.
  mutating func addUnshown(_ event: MissedEvent) -> Bool {
    unshown.append(event)
    return unshown.count == Self.missedMax
  }

  /// The messages to show, in the order of their ids.
  mutating func takeUnshown() -> [MissedEvent] {
    defer { unshown = [] }
    return unshown.sorted { $0.id < $1.id }
  }

  /// `The connection is back; 3 messages came meanwhile, 1 of them private.` Nil if it was shown.
  mutating func takeCount(isComplete: Bool, isInteractive: Bool) -> String? {
    guard !isCountShown else { return nil }
    isCountShown = true
    var sentence = "connection is back"
    if missed > 0 {
      let noun = missed == 1 ? "message" : "messages"
      sentence += "; \(isComplete ? "" : "at least ")\(missed) \(noun) came meanwhile"
    }
    if missedPrivate > 0 { sentence += ", \(missedPrivate) of them private" }
    return isInteractive ? "The \(sentence)." : "the \(sentence)"
  }
}

/// A message or file from the time without a connection.
struct MissedEvent: Equatable, Sendable {
  var event: ReceivedEvent
  /// As the server wrote it; nil if it comes from the history.
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

  var room: Name? { if case .event(.message(let message)) = event.content { message.room } else { nil } }

  /// The server's line. A message of the history gets the line that the server would have written when it was sent.
  var json: JSONValue? {
    if let line { return line }
    guard case .event(let event) = event.content else { return nil }
    var line: [UInt8] = []
    Dialect.json.encode(event, at: self.event.time, into: &line)
    return try? JSONValue(parsing: line)
  }
}

/// The last message of each room that the user has seen, to know after a lost connection what was missed.
struct RoomHistory: Equatable, Sendable {
  private var lastSeen: [Name: MessageID] = [:]
  /// Rooms whose history the server refused.
  private var refused: Set<Name> = []

  subscript(room: Name) -> MessageID? { lastSeen[room] }

  func isNew(_ message: RoomMessage) -> Bool { message.id > lastSeen[message.room, default: 0] }

  mutating func see(_ message: RoomMessage) { see(message.id, in: message.room) }

  private mutating func see(_ id: MessageID, in room: Name) { lastSeen[room] = max(lastSeen[room] ?? 0, id) }

  func isKnown(_ room: Name) -> Bool { lastSeen[room] != nil || refused.contains(room) }

  mutating func forgetRefusals() { refused = [] }

  /// Forgets the rooms that the user left.
  mutating func keep(_ isMember: (Name) -> Bool) {
    for room in lastSeen.keys where !isMember(room) { lastSeen[room] = nil }
  }

  /// Takes the answer to `/history ROOM 1`: the room's last message.
  mutating func noteEnd(of room: Name, _ result: Result<Reply, Refusal>) {
    guard case .success(let reply) = result, case .history(_, let messages, let more, _) = reply.result else {
      refused.insert(room)
      return
    }
    // If the server searched a part of the history and found nothing, the room's history ends there.
    let end = more?.before ?? 0
    see(messages.last?.message.id ?? end, in: room)
  }
}
