import ChatProtocol

// Messages to rooms: the hot path.
extension Core {
  mutating func say(_ id: SessionID, inRoomNamed name: Name, _ text: String) {
    guard let slot = joinedRoom(id, name, "message") else { return }
    say(id, in: slot, text, isAction: false)
  }

  mutating func say(_ id: SessionID, in slot: Int32, _ text: String, isAction: Bool) {
    let from = people[sessions[id].person!].name
    guard !rooms[slot].muted.contains(from) else {
      refuse(id, "message", .muted, "You are muted in \(rooms[slot].name); nobody there saw that.")
      return
    }
    messageCount += 1
    countMessage(in: slot)
    let message = RoomMessage(id: makeID(), room: rooms[slot].name, from: from, text: text, isAction: isAction)
    var audience = rooms[slot].sessions
    if let ignorers = ignorers[from] { audience.removeAll { ignorers.contains(sessions[$0].person!) } }
    effects.append(.message(message, from: id, to: audience))
  }
}

extension Core {
  mutating func sendPrivately(_ id: SessionID, to name: Name, _ text: String) {
    let from = people[sessions[id].person!].name
    let recipient = present[name]
    guard let to = accounts[name]?.name ?? recipient.map({ people[$0].name }) else {
      refuse(
        id, "msg", .notHere, "\(name) is not here and has no account to keep a message for; check the name with /who.")
      return
    }
    let ignores =
      recipient.map { people[$0].ignores.contains(from) } ?? offlineUsers[to]?.ignores.contains(from) ?? false
    let message = PrivateMessage(id: nextID, from: from, to: to, text: text)
    if !ignores && accounts.contains(to) {
      guard settings.inboxMessages == 0 || unread[to]?.count ?? 0 < settings.inboxMessages else {
        refuse(
          id, "msg", .inboxFull,
          "\(to) has \(settings.inboxMessages) unread messages and can take no more; try again when they are read.")
        return
      }
      let mail = Mail(time: now, message: message)
      unread[to, default: []].append(mail)
      record(.mail(mail))
    }
    _ = makeID()
    log("private", [.init("id", "\(message.id)"), .init("from", from.text), .init("to", to.text)])
    reply("msg", .sent(id: message.id, away: recipient.flatMap { people[$0].away }), to: id)
    if let recipient, !ignores { send(.privateMessage(message), to: people[recipient].sessions) }
    // The author's other sessions see both sides of the conversation.
    if to != from { send(.privateMessage(message), to: people[sessions[id].person!].sessions, except: id) }
  }

  /// Everything up to and with `id` has been read.
  mutating func markRead(_ name: Name, upTo id: MessageID) {
    guard let first = unread[name]?.first, first.message.id <= id else { return }
    unread[name]!.removeAll { $0.message.id <= id }
    if unread[name]!.isEmpty { unread[name] = nil }
    record(.mailRead(by: name, upTo: id))
  }
}

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
