package import ChatProtocol

// Requests about sessions and shared files.
extension Core {
  mutating func adminCloseSession(_ call: AdminCall, _ number: UInt64, _ reason: String?) throws(ControlError) {
    let session = sessions.all.first { $0.id.number == number }
    let transfer = transfers.first { $0.key.number == number }
    guard session != nil || transfer != nil else {
      throw ControlError(
        .noSuchSession, "there is no session \(number) any more; 'chat-admin sessions list' shows them")
    }
    let user = session.map { $0.user.map { users[$0].name } } ?? transfer?.value.ticket.holder
    let closed = ControlReply.sessionClosed(number, user: user)
    if answerDry(call, closed) { return }
    logAction(call, ["session": "\(number)"] + (user.map { ["user": $0.text] } ?? [:]), text: reason)
    if let session {
      let because = reason.map { ": \($0)" } ?? ""
      close(
        session.id, reason: "closed by \(call.peer.user)\(because)",
        message: "This session was closed by \(call.peer.user)\(because)".asSentence)
    } else if let transfer {
      effects.append(.cutTransfer(transfer.key))
    }
    answer(call, closed)
  }

  /// Works while the disk is full, which may be the reason for the notice.
  mutating func adminSay(_ call: AdminCall, _ audience: ControlAudience, _ text: String) throws(ControlError) {
    try requireFits(text, "a text")
    switch audience {
    case .room(let name):
      let slot = try findRoom(name)
      let room = rooms[slot].name
      logAction(call, ["room": room.text], text: text)
      notify(call, .room(room), rooms[slot].sessions, "The operator says in \(room): \(text)")
    case .user(let name):
      let user = try findOnlineUser(name)
      // A private text is not logged.
      logAction(call, ["user": user.name.text])
      notify(call, .user(user.name), user.sessions, "The operator says to you: \(text)")
    case .all:
      logAction(call, ["all": "yes"], text: text)
      notify(call, .all, sessions.all.map(\.id), "The operator says to all: \(text)")
    }
  }

  private mutating func notify(_ call: AdminCall, _ audience: ControlAudience, _ sessions: [SessionID], _ text: String)
  {
    send(.notice(text: text), to: sessions)
    answer(call, .said(audience, sessions: sessions.count))
  }

  /// Throws if a text is longer than a line may be.
  func requireFits(_ text: String, _ what: String) throws(ControlError) {
    guard settings.lineBytes > 0, text.utf8.count > settings.lineBytes else { return }
    throw ControlError(.tooMany, "\(what) has \(settings.lineBytes) bytes at most ('line_bytes' in settings.json)")
  }

  /// The core's data about a session; nil if it is closed or closing.
  package func controlSession(of id: SessionID) -> ControlSession? {
    sessions.contains(id) ? controlSession(sessions[id]) : nil
  }

  /// The loop adds its own data.
  func controlSession(_ session: Session) -> ControlSession {
    let user = session.user.map { users[$0] }
    let connected = clock.label(of: session.connected)
    return ControlSession(
      id: session.id.number, user: user?.name, isGuest: user?.isGuest ?? false, address: session.address,
      dialect: session.dialect, room: user == nil ? nil : rooms[session.current].name,
      connected: connected, lastActive: connected, outboxBytes: 0)
  }

  func controlSession(_ id: SessionID, _ running: RunningTransfer) -> ControlSession {
    let connected = clock.label(of: running.connected)
    return ControlSession(
      id: id.number, user: running.ticket.holder, isGuest: running.ticket.isGuest, address: running.address,
      dialect: .text, room: nil, connected: connected, lastActive: connected, outboxBytes: 0,
      transfer: ControlTransfer(file: running.ticket.file, isUp: running.isUpload))
  }

  // MARK: Files

  mutating func adminDeleteFiles(_ call: AdminCall, _ ids: [MessageID]) throws(ControlError) {
    try requireRecording()
    var records: [FileRecord] = []
    for file in ids where !records.contains(where: { $0.id == file }) {
      guard let entry = files[file], entry.isRecorded else {
        let rest = ids.count > 1 ? "; none was deleted" : ""
        throw ControlError(.noSuchFile, "there is no file #\(file)\(rest); 'chat-admin files list' shows them")
      }
      records.append(entry.record)
    }
    let deleted = ControlReply.filesDeleted(records)
    if answerDry(call, deleted) { return }
    for record in records {
      logAction(call, ["file": "\(record.id)", "room": record.room.text])
      unshare(record, by: call.peer.user)
    }
    answer(call, deleted)
  }

  var fileUse: ControlFileUse {
    let up = transfers.values.count { $0.isUpload }
    return ControlFileUse(
      shared: files.count - files.unfinishedCount, unfinished: files.unfinishedCount, bytes: files.bytes,
      bytesMax: settings.filesBytes == 0 ? nil : UInt64(settings.filesBytes), up: up, down: transfers.count - up,
      transfersMax: settings.transfers == 0 ? nil : settings.transfers)
  }

  func fileUse(of name: Name) -> ControlUserFiles {
    ControlUserFiles(
      unfinished: files.unfinished(of: name).count, bytes: files.bytes(of: name),
      bytesMax: settings.filesBytesPerUser == 0 ? nil : UInt64(settings.filesBytesPerUser))
  }
}
