import ChatProtocol

// Messages to rooms: the hot path.
extension Core {
  mutating func say(_ caller: Caller, inRoomNamed name: Name, _ text: String) throws(Refusal) {
    try say(caller, in: joinedRoom(caller, name), text, isAction: false)
  }

  mutating func say(_ caller: Caller, in slot: RoomSlot, _ text: String, isAction: Bool) throws(Refusal) {
    let from = users[caller.user].name
    guard !rooms[slot].muted.contains(from) else {
      throw Refusal(.muted, "You are muted in \(rooms[slot].name), so your message was not sent.")
    }
    messageCount += 1
    rooms.countMessage(in: slot, at: steady)
    let message = RoomMessage(id: makeID(), room: rooms[slot].name, from: from, text: text, isAction: isAction)
    countMessage(message.id, in: slot)
    effects.append(.message(message, from: caller.session, to: audience(of: slot, from: from)))
    if users[caller.user].mustHearOfAway { remindOfAway(caller) }
  }

  /// The sessions of a room except those of users who ignore the author.
  func audience(of slot: RoomSlot, from author: Name) -> [SessionID] {
    var audience = rooms[slot].sessions
    if let ignorers = users.ignorers[author] { audience.removeAll { ignorers.contains(sessions[$0].user!) } }
    return audience
  }
}

// Private messages.
extension Core {
  mutating func sendPrivately(_ caller: Caller, to name: Name, _ text: String) throws(Refusal) {
    let from = users[caller.user].name
    let recipient = users.slot(of: name)
    guard let to = accounts[name]?.name ?? recipient.map({ users[$0].name }) else {
      throw Refusal(.notHere, "\(name) is offline and has no account to keep a message for; check the name with /who.")
    }
    let ignores = recipient.map { users[$0].ignores.contains(from) } ?? offline[to]?.ignores.contains(from) ?? false
    let message = PrivateMessage(id: nextID, from: from, to: to, text: text)
    if !ignores && accounts.contains(to) {
      guard settings.inboxMessages == 0 || offline.unread(of: to).count < settings.inboxMessages else {
        throw Refusal(
          .inboxFull,
          "\(to) has \(settings.inboxMessages) unread messages, which is the limit; try again when they are read.")
      }
      let mail = Mail(time: now, message: message)
      offline.add(mail)
      record(.mail(mail))
    }
    _ = makeID()
    // The name of a guest may be somebody else's tomorrow.
    if settings.privateHistory, accounts.contains(to), accounts.contains(from), !users[caller.user].isGuest {
      effects.append(.logPrivate(message))
    }
    log("private", ["id": "\(message.id)", "from": from.text, "to": to.text])
    reply("msg", .sent(id: message.id, away: recipient.flatMap { users[$0].away }), to: caller)
    if let recipient, !ignores { send(.privateMessage(message), to: users[recipient].sessions) }
    // The author's other sessions see both sides of the conversation.
    if to != from { send(.privateMessage(message), to: users[caller.user].sessions, except: caller.session) }
    if users[caller.user].mustHearOfAway { remindOfAway(caller) }
  }

  /// Marks everything up to `id` as read.
  mutating func markRead(_ name: Name, upTo id: MessageID) {
    if offline.markRead(name, upTo: id) { record(.mailRead(by: name, upTo: id)) }
  }
}

// History and search.
extension Core {
  /// How many messages `/history` shows by default.
  static let historyCount = 50

  /// Reads a page of messages of a room, by default the current one. `command` is the command to reply to.
  mutating func history(
    _ caller: Caller, room name: Name?, _ asked: HistoryAsked, command: String = "history"
  ) throws(Refusal) {
    let slot = try roomWithHistory(caller, name)
    let room = rooms[slot]
    let query = HistoryQuery(
      room: room.name, firstID: room.firstID, created: room.created, before: nextID, olderThan: asked.olderThan,
      time: asked.time, ignored: users[caller.user].ignores, page: asked.page)
    start(.readHistory(query), for: caller.session, then: .history(caller, room.name, asked, command: command))
  }

  private func roomWithHistory(_ caller: Caller, _ name: Name?) throws(Refusal) -> RoomSlot {
    let slot = try visibleOrCurrentRoom(caller, name)
    if maySee(rooms[slot], slot, users[caller.user]) { return slot }
    throw Refusal(.roomLocked, "\(rooms[slot].name) is locked; only its members read its messages.")
  }

  mutating func finishHistory(
    _ caller: Caller, _ name: Name, _ asked: HistoryAsked, _ command: String, _ result: HistoryResult
  ) throws(Refusal) {
    // While the log was read, the room may have been deleted or locked, or the user banned.
    let slot = try roomWithHistory(caller, name)
    switch result {
    case .unavailable(let reason):
      throw .cannotRead(reason)
    case .messages(let messages, let more, let olderCompressed, let firstID):
      if let firstID { pinHistory(of: slot, at: firstID) }
      // Another room may have its name now.
      let visible = messages.filter { $0.message.id >= rooms[slot].firstID ?? 0 }
      if olderCompressed { noteCompressed(caller) }
      let ends = asked.ends(more, isCut: olderCompressed)
      reply(command, .history(room: rooms[slot].name, messages: visible, more: more, ends: ends), to: caller)
    }
  }

  /// A room of an old folder had only a time. From the first reading on, its past begins at an id, which no clock and no
  /// rotation of the log moves.
  private mutating func pinHistory(of slot: RoomSlot, at firstID: MessageID) {
    // A row that is being edited is recorded by the edit; what cannot be recorded is tried again.
    guard rooms[slot].firstID == nil, rooms[slot].created != nil, recordingError == nil, edits.isIdle
    else { return }
    changeRoom(slot) { $0[slot].firstID = firstID }
  }
}
