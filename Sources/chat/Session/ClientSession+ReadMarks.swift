import ChatProtocol

/// How far the user has seen each room, and what was reported to the server.
struct RoomReadMarks: Equatable, Sendable {
  /// The last message shown of each room, where it is not reported yet.
  private var shown: [Name: MessageID] = [:]
  /// The first new message of rooms that the login named and that the user has not looked at: a later message that is shown there
  /// does not mark it as read.
  private var skipped: [Name: MessageID] = [:]
  /// Only accounts have marks, and older servers know none.
  var isKept = false

  mutating func begin(_ rooms: [UnreadRoom]) {
    for room in rooms { skipped[room.room] = room.first }
  }

  mutating func show(_ id: MessageID, in room: Name) {
    guard isKept, skipped[room] == nil else { return }
    shown[room] = max(shown[room] ?? 0, id)
  }

  /// A page of history was shown, oldest first; `since`: of the messages behind this id.
  mutating func show(_ messages: [PastMessage], in room: Name, more: Continuation?, since: MessageID?) {
    guard let last = messages.last?.message.id else { return }
    if let first = skipped[room] {
      guard since.map({ $0 < first }) ?? (messages[0].message.id <= first || more == nil) else { return }
      skipped[room] = nil
    }
    show(last, in: room)
    // The rest of the room's messages was not shown.
    if case .since(let id) = more { skipped[room] = id + 1 }
  }

  /// A mark to report, of the first room by name.
  mutating func take(_ isMember: (Name) -> Bool) -> (room: Name, id: MessageID)? {
    for room in shown.keys where !isMember(room) { shown[room] = nil }
    guard let room = shown.keys.min(), let id = shown.removeValue(forKey: room) else { return nil }
    return (room, id)
  }
}

// Read marks of rooms: on a screen, what was shown is read.
extension ClientSession {
  mutating func noteShown(_ event: Event) {
    switch event {
    case .ok(let reply):
      if case .entered(_, _, _, _, let token, _) = reply.result {
        readMarks = RoomReadMarks()
        readMarks.isKept = settings.hasOverview && token != nil
      }
    case .unread(let rooms): readMarks.begin(rooms)
    case .message(let message): readMarks.show(message.id, in: message.room)
    default: break
    }
  }

  mutating func noteHistory(_ received: ReceivedEvent, of command: Command?) {
    guard case .event(.ok(let reply)) = received.content,
      case .history(let room, let messages, let more, _) = reply.result
    else { return }
    switch command {
    case .historyFrom(_, .since(.id(let id))): readMarks.show(messages, in: room, more: more, since: id)
    // A page from elsewhere says nothing about the messages between it and the mark.
    case .historyFrom: break
    default: readMarks.show(messages, in: room, more: more, since: nil)
    }
  }

  /// With each tick, one room's.
  mutating func sendReadMark() {
    guard state == .chatting, readMarks.isKept, !pending.contains(.readMark) else { return }
    guard let mark = readMarks.take({ overview[$0] != nil }) else { return }
    send("/read \(mark.room) \(mark.id)", expecting: .readMark)
  }

  mutating func answerReadMark(_ result: Result<Reply, Refusal>) {
    if case .failure(let refusal) = result, refusal.code != .notInRoom, refusal.code != .noSuchRoom {
      readMarks.isKept = false
    }
  }
}
