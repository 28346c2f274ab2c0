import ChatProtocol

// What the operator changes about a room, and who is put out of one.
extension Core {
  mutating func adminSet(
    room id: ControlID, _ name: Name, _ change: ControlRoomChange, _ peer: ControlPeer, _ entropy: Entropy
  ) {
    guard mayRecord(id), let slot = findRoom(id, name), mayChange(id, slot, change) else { return }
    let known = rooms[slot].name
    switch change.access {
    case .password(let secret):
      pendingControl[id] = .roomChange(known, change, shown: nil, peer)
      effects.append(.hashControlPassword(id, secret))
    case .generatedPassword:
      let secret = entropy.password
      pendingControl[id] = .roomChange(known, change, shown: secret, peer)
      effects.append(.hashControlPassword(id, secret))
    case .open, nil: finishAdminSet(room: id, known, change, password: nil, shown: nil, peer)
    }
  }

  /// Else the refusal has been sent.
  private mutating func mayChange(_ id: ControlID, _ slot: Int32, _ change: ControlRoomChange) -> Bool {
    let room = rooms[slot]
    if room.isLobby && (change.owner != nil || change.access != nil) {
      fail(id, .notPermitted, "lobby takes everybody and belongs to nobody; only its topic can be set")
      return false
    }
    if let topic = change.topic, settings.lineBytes > 0, topic.utf8.count > settings.lineBytes {
      fail(id, .tooMany, "a topic has \(settings.lineBytes) bytes at most ('line_bytes' in settings.json)")
      return false
    }
    guard case .account(let owner) = change.owner else { return true }
    guard !room.isTemporary else {
      fail(
        id, .notPermitted,
        "\(room.name) was made by a guest and goes with its last member, so that nobody can own it; "
          + "'chat-admin rooms create' makes one that stays")
      return false
    }
    return findAccount(id, owner) != nil
  }

  mutating func finishAdminSet(
    room id: ControlID, _ name: Name, _ change: ControlRoomChange, password: String?, shown: Secret?,
    _ peer: ControlPeer
  ) {
    // The room, or who was to own it, may have gone while the password was hashed.
    guard let slot = findRoom(id, name), mayChange(id, slot, change) else { return }
    let was = rooms[slot].record
    let record = was.changed(change, password: password, owner: ownerName(change.owner))
    let fields = record.differences(from: was)
    if !fields.isEmpty {
      log(change, of: record, fields, peer)
      replace(slot, with: record, isTemporary: rooms[slot].isTemporary)
      recordRoom(slot, was: was)
      announceChange(slot, before: was, by: peer.user)
      if record.owner != was.owner { notifyOwners(slot, before: was.owner) }
    }
    answer(id, .roomChanged(record.name, fields: fields, password: shown))
  }

  /// As its account writes it.
  private func ownerName(_ owner: ControlRoomChange.Owner?) -> Name? {
    if case .account(let name) = owner { accounts[name]?.name } else { nil }
  }

  private mutating func log(_ change: ControlRoomChange, of room: RoomRecord, _ changed: [String], _ peer: ControlPeer)
  {
    var fields: [LogRecord.Field] = [.init("room", room.name.text), .init("fields", changed.joined(separator: ","))]
    if change.owner != nil { fields.append(.init("owner", room.owner?.text ?? "-")) }
    if change.access != nil { fields.append(.init("locked", room.password == nil ? "no" : "yes")) }
    logAction("rooms set", peer, fields, text: change.topic)
  }

  private mutating func notifyOwners(_ slot: Int32, before: Name?) {
    if let before { notifyMember(slot, before, "You no longer own \(rooms[slot].name).") }
    if let owner = rooms[slot].owner { notifyMember(slot, owner, "You own \(rooms[slot].name) now.") }
  }

  // MARK: - Kicking

  /// Also a member who is not here, who does not come back into the room then.
  mutating func adminKick(
    _ id: ControlID, _ name: Name, from room: Name, _ reason: String?, _ peer: ControlPeer, isDry: Bool
  ) {
    guard mayRecord(id), let slot = findRoom(id, room) else { return }
    let known = rooms[slot].name
    guard !rooms[slot].isLobby else {
      fail(
        id, .notPermitted,
        "nobody can be put out of lobby; 'chat-admin users kick \(name)' puts somebody off the server")
      return
    }
    let person = present[name].flatMap { people[$0].rooms.contains(slot) ? $0 : nil }
    guard person != nil || rooms[slot].absentMembers.contains(name) else {
      let isKnown = present[name] != nil || accounts.contains(name)
      fail(
        id, isKnown ? .notHere : .noSuchUser,
        isKnown
          ? "\(name) is not in \(known); 'chat-admin rooms members \(known)' shows who is"
          : "there is no user \(name); 'chat-admin rooms members \(known)' shows who is in it")
      return
    }
    let user = person.map { people[$0].name } ?? accounts[name]?.name ?? name
    let sessions = person.map { people[$0].sessions.count } ?? 0
    guard !isDry else {
      answer(id, .wouldBe(.roomKicked(known, user: user, sessions: sessions)))
      return
    }
    logAction("rooms kick", peer, [.init("room", known.text), .init("user", user.text)], text: reason)
    if let person {
      kickFromRoom(person, of: slot, by: peer.user, reason: reason ?? "")
    } else {
      rooms[slot].absentMembers.remove(name)
      recordAbsentLeave(of: name, in: known)
    }
    answer(id, .roomKicked(known, user: user, sessions: sessions))
  }
}

extension RoomRecord {
  /// A new owner is no moderator besides, and not banned.
  fileprivate func changed(_ change: ControlRoomChange, password: String?, owner: Name?) -> RoomRecord {
    var record = self
    if let topic = change.topic { record.topic = topic }
    if change.owner != nil {
      record.owner = owner
      record.moderators.removeAll { $0 == owner }
      record.banned.removeAll { $0 == owner }
    }
    if change.access != nil { record.password = password }
    return record
  }
}
