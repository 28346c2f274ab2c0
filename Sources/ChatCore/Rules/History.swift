import ChatProtocol

extension Core {
  /// How many messages `/history` shows that does not say.
  static let historyCount = 50

  /// Asks for a page of a room's past, of the current one where none is named; `command` is what it answers.
  mutating func history(
    _ id: SessionID, _ name: Name?, _ page: HistoryQuery.Page, before: MessageID? = nil, command: String = "history"
  ) {
    guard let slot = name.map({ visibleRoom(id, $0, command) }) ?? sessions[id].current,
      maySeePast(id, slot, command)
    else { return }
    let room = rooms[slot]
    let page: HistoryQuery.Page =
      if case .last(let count) = page { .last(min(count, HistoryQuery.messagesMax)) } else { page }
    sessions[id].pending = .history(room.name, command: command)
    effects.append(
      .readHistory(
        id,
        HistoryQuery(
          room: room.name, firstID: room.firstID, created: room.created, before: nextID, olderThan: before,
          ignored: people[sessions[id].person!].ignores, page: page)))
  }

  private mutating func maySeePast(_ id: SessionID, _ slot: Int32, _ command: String) -> Bool {
    guard !maySee(rooms[slot], slot, people[sessions[id].person!]) else { return true }
    refuse(id, command, .roomLocked, "\(rooms[slot].name) is locked; its past is for its members to read.")
    return false
  }

  mutating func finishHistory(_ id: SessionID, _ name: Name, _ command: String, _ result: HistoryResult) {
    // While the log was read the room may have gone, or been locked, or the ban have come.
    guard let slot = visibleRoom(id, name, command), maySeePast(id, slot, command) else { return }
    switch result {
    case .unavailable(let reason):
      refuse(id, command, .historyUnavailable, "The log cannot be read at the moment (\(reason)); tell the operator.")
    case .messages(let messages, let more, let olderCompressed):
      // Another room may have got its name.
      let seen = messages.filter { $0.message.id >= rooms[slot].firstID ?? 0 }
      if olderCompressed {
        send(.notice(text: "Older messages may be in compressed pieces of the log, which are not read."), to: id)
      }
      reply(command, .history(room: rooms[slot].name, messages: seen, more: more), to: id)
    }
  }
}
