import ChatProtocol

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
    guard case .success(let reply) = result, case .history(_, let messages, let more) = reply.result else {
      refused.insert(room)
      return
    }
    // If the server searched a part of the history and found nothing, the room's history ends there.
    let end: MessageID = if case .before(let id) = more { id } else { 0 }
    see(messages.last?.message.id ?? end, in: room)
  }
}
