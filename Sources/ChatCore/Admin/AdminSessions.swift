import ChatProtocol

// What the operator does to connections, and says to those behind them.
extension Core {
  mutating func adminClose(
    _ id: ControlID, _ number: UInt64, _ reason: String?, _ peer: ControlPeer, isDry: Bool
  ) {
    guard let session = sessions.all.first(where: { $0.id.number == number }) else {
      if let (transferring, running) = transfers.first(where: { $0.key.number == number }) {
        cut(id, transferring, running, reason, peer, isDry: isDry)
        return
      }
      fail(id, .noSuchSession, "there is no session \(number) any more; 'chat-admin sessions list' shows them")
      return
    }
    let user = session.person.map { people[$0].name }
    guard !isDry else {
      answer(id, .wouldBe(.sessionClosed(number, user: user)))
      return
    }
    logClosing(number, user, peer, reason)
    let because = reason.map { ": \($0)" } ?? ""
    close(
      session.id, reason: "closed by \(peer.user)\(because)",
      message: "This session was closed by \(peer.user)\(because)".asSentence)
    answer(id, .sessionClosed(number, user: user))
  }

  /// A connection over which bytes go.
  private mutating func cut(
    _ id: ControlID, _ session: SessionID, _ running: RunningTransfer, _ reason: String?, _ peer: ControlPeer,
    isDry: Bool
  ) {
    let closed = ControlReply.sessionClosed(session.number, user: running.holder)
    guard !isDry else {
      answer(id, .wouldBe(closed))
      return
    }
    logClosing(session.number, running.holder, peer, reason)
    effects.append(.cutTransfer(session))
    answer(id, closed)
  }

  private mutating func logClosing(_ number: UInt64, _ user: Name?, _ peer: ControlPeer, _ reason: String?) {
    let who = user.map { [LogRecord.Field("user", $0.text)] } ?? []
    logAction("sessions close", peer, [.init("session", "\(number)")] + who, text: reason)
  }

  /// While the disk is full too: that may be what there is to say.
  mutating func adminSay(_ id: ControlID, _ audience: ControlAudience, _ text: String, _ peer: ControlPeer) {
    guard fits(id, text) else { return }
    switch audience {
    case .room(let name):
      guard let slot = findRoom(id, name) else { return }
      let known = rooms[slot].name
      logAction("say", peer, [.init("room", known.text)], text: text)
      tell(id, .room(known), rooms[slot].sessions, "The operator says in \(known): \(text)")
    case .user(let name):
      guard let person = findOnlineUser(id, name) else { return }
      let known = people[person].name
      // What is said to one alone is in no log.
      logAction("say", peer, [.init("user", known.text)])
      tell(id, .user(known), people[person].sessions, "The operator says to you: \(text)")
    case .all:
      logAction("say", peer, [.init("all", "yes")], text: text)
      tell(id, .all, sessions.all.map(\.id), "The operator says to all: \(text)")
    }
  }

  /// Whether a text is no longer than a line may be; else the refusal has been sent.
  mutating func fits(_ id: ControlID, _ text: String) -> Bool {
    guard settings.lineBytes > 0, text.utf8.count > settings.lineBytes else { return true }
    fail(id, .tooMany, "a text has \(settings.lineBytes) bytes at most ('line_bytes' in settings.json)")
    return false
  }

  private mutating func tell(_ id: ControlID, _ audience: ControlAudience, _ sessions: [SessionID], _ text: String) {
    send(.notice(text: text), to: sessions)
    answer(id, .said(audience, sessions: sessions.count))
  }
}

// What the operator is told about shared files, and does to them.
extension Core {
  mutating func adminDelete(files id: ControlID, _ asked: [MessageID], _ peer: ControlPeer, isDry: Bool) {
    guard mayRecord(id) else { return }
    var records: [FileRecord] = []
    for file in asked where !records.contains(where: { $0.id == file }) {
      guard let entry = files[file], entry.isRecorded else {
        let rest = asked.count > 1 ? "; none was deleted" : ""
        fail(id, .noSuchFile, "there is no file #\(file)\(rest); 'chat-admin files list' shows them")
        return
      }
      records.append(entry.record)
    }
    let deleted = ControlReply.filesDeleted(records.map(\.controlFile))
    guard !isDry else {
      answer(id, .wouldBe(deleted))
      return
    }
    for record in records {
      logAction("files delete", peer, [.init("file", "\(record.id)"), .init("room", record.room.text)])
      unshare(record, by: peer.user)
    }
    answer(id, deleted)
  }

  var fileUse: ControlFileUse {
    let up = transfers.values.count { $0.direction == .up }
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

  /// A connection that is for bytes alone; the loop fills in the rest.
  func controlSession(_ id: SessionID, _ running: RunningTransfer) -> ControlSession {
    ControlSession(
      id: id.number, user: running.holder, isGuest: running.isGuest, address: running.address, dialect: .text,
      room: nil, connected: label(of: running.connected), lastActive: label(of: running.connected), outboxBytes: 0,
      transfer: ControlTransfer(file: running.file, isUp: running.direction == .up))
  }

  /// By id; whether these were the last.
  mutating func sendFiles(_ id: ControlID, in room: Name?, _ listing: inout Listing) -> Bool {
    let ids = files.ids(in: room, after: listing.lastFile, max: Listing.rowsMax)
    let rows = ids.compactMap { files[$0] }.filter(\.isRecorded).map(\.record.controlFile)
    let isLast = ids.count < Listing.rowsMax
    listing.lastFile = ids.last ?? listing.lastFile
    if isLast { answer(id, .files(rows)) } else { effects.append(.replyPart(id, .files(rows))) }
    return isLast
  }
}

extension FileRecord {
  fileprivate var controlFile: ControlFile {
    ControlFile(
      id: id, room: room, from: from, name: name.text, size: size, cksum: cksum, offered: offered, shared: shared)
  }
}
