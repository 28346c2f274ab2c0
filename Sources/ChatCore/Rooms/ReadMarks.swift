import ChatProtocol

/// An online user's read mark.
struct RoomMark: Sendable {
  var room: RoomSlot
  var id: MessageID
  var messages: UInt64
}

/// Which counts of messages are not recorded yet. Nothing is recorded before the first mark of the server.
struct CountKeeping: Sendable {
  /// After so many messages the counts are recorded; a start after a crash reads as much of the log.
  static let messagesMax = 16_384

  var isRecorded: Bool
  /// Rooms with messages since the last record; some may be gone, and their slots others'.
  var changed: [RoomSlot] = []
  var messages = 0
}

// Read marks and the number of new messages. Only a client sets a mark; a message costs an addition.
extension Core {
  /// Counts a message to a room.
  mutating func countMessage(_ id: MessageID, in slot: RoomSlot) {
    rooms[slot].ordinals.add(id)
    counts.messages += 1
    if rooms[slot].isCountRecorded {
      rooms[slot].isCountRecorded = false
      counts.changed.append(slot)
    }
  }

  mutating func markRead(_ caller: Caller, in name: Name, upTo id: MessageID) throws(Refusal) {
    guard !users[caller.user].isGuest else {
      throw Refusal(.accountOnly, "A guest has no read marks; only accounts do.")
    }
    let slot = try joinedRoom(caller, name)
    let mark = users[caller.user].mark(in: slot)
    let id = min(id, nextID - 1)
    if id > mark?.id ?? 0 || mark == nil { setMark(caller, slot, id, over: mark) }
    let now = users[caller.user].mark(in: slot)!
    reply(
      "read", .roomRead(room: rooms[slot].name, upTo: now.id, unread: Int(rooms[slot].ordinals.count - now.messages)),
      to: caller)
  }

  private mutating func setMark(_ caller: Caller, _ slot: RoomSlot, _ id: MessageID, over was: RoomMark?) {
    let messages = max(was?.messages ?? 0, rooms[slot].ordinals.messages(upTo: id))
    users[caller.user].set(RoomMark(room: slot, id: id, messages: messages))
    let name = rooms[slot].name
    if !rooms[slot].isTemporary {
      if !counts.isRecorded { recordCounts() }
      users[caller.user].unrecordedChange.mark(ReadMark(room: name, id: id, messages: messages))
      recordChange(of: caller.user)
    }
    send(.read(room: name, upTo: id), to: users[caller.user].sessions, except: caller.session)
  }

  /// What is new in a user's rooms, in the order in which it joined them.
  func unreadRooms(of user: User) -> [UnreadRoom] {
    user.rooms.compactMap { slot in user.mark(in: slot).flatMap { unread(in: slot, behind: $0.id, $0.messages) } }
  }

  func unreadRooms(of user: UserState) -> [UnreadRoom] {
    user.marks.compactMap { mark in
      guard let slot = rooms.slot(of: mark.room), rooms.isAbsentMember(user.name, of: mark.room) else { return nil }
      return unread(in: slot, behind: mark.id, mark.messages)
    }
  }

  private func unread(in slot: RoomSlot, behind id: MessageID, _ messages: UInt64) -> UnreadRoom? {
    let ordinals = rooms[slot].ordinals
    guard ordinals.count > messages else { return nil }
    return UnreadRoom(
      room: rooms[slot].name, unread: Int(ordinals.count - messages), first: ordinals.id(of: messages + 1) ?? id + 1)
  }

  mutating func sendUnread(_ caller: Caller) {
    let unread = unreadRooms(of: users[caller.user])
    work += users[caller.user].rooms.count
    if !unread.isEmpty { send(.unread(unread), to: caller.session) }
  }

  /// Marks of rooms in which the user is again.
  mutating func restoreMarks(_ user: UserSlot, _ marks: [ReadMark]) {
    for mark in marks {
      guard let slot = rooms.slot(of: mark.room), users[user].rooms.contains(slot) else { continue }
      users[user].set(RoomMark(room: slot, id: mark.id, messages: mark.messages))
    }
  }

  /// The marks of a user to store. Rooms of guests may end before the next login.
  func storedMarks(of user: User) -> [ReadMark] {
    user.marks.compactMap { mark in
      rooms[mark.room].isTemporary ? nil : ReadMark(room: rooms[mark.room].name, id: mark.id, messages: mark.messages)
    }
  }

  // MARK: Recording counts

  /// Records the counts that have changed. `removed`: rooms that are gone.
  mutating func recordCounts(removed: [Name] = []) {
    var changed: [MessageCounts.RoomCount] = []
    for slot in counts.changed where rooms.contains(slot) && !rooms[slot].isCountRecorded && !rooms[slot].isTemporary {
      rooms[slot].isCountRecorded = true
      changed.append(
        MessageCounts.RoomCount(
          room: rooms[slot].name, messages: rooms[slot].ordinals.count, last: rooms[slot].ordinals.last))
    }
    // A guest's room may become permanent.
    let kept = counts.changed.filter { rooms.contains($0) && rooms[$0].isTemporary && !rooms[$0].isCountRecorded }
    counts = CountKeeping(isRecorded: true, changed: kept)
    record(.counts(MessageCounts(upTo: nextID - 1, rooms: changed, removed: removed)))
  }

  /// Records the counts where a crash would make the next start read much of the log.
  mutating func recordDueCounts() {
    if counts.isRecorded, counts.messages >= CountKeeping.messagesMax, recordingError == nil { recordCounts() }
  }

  /// After a power failure the log may lack messages that were counted: no mark is beyond its room's end, so that the
  /// next message is new. A mark of a room that is gone is dropped.
  func clamped(_ marks: [ReadMark]) -> [ReadMark] {
    marks.compactMap { mark in
      guard let slot = rooms.slot(of: mark.room) else { return nil }
      return ReadMark(room: mark.room, id: mark.id, messages: min(mark.messages, rooms[slot].ordinals.count))
    }
  }
}

extension User {
  func mark(in room: RoomSlot) -> RoomMark? { marks.first { $0.room == room } }

  mutating func set(_ mark: RoomMark) {
    if let index = marks.firstIndex(where: { $0.room == mark.room }) { marks[index] = mark } else { marks.append(mark) }
  }
}
