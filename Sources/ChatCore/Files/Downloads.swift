import ChatProtocol

// `/files`, `/get`, and the bytes that follow `/take`.
extension Core {
  /// Where not all files fit into the reply, it has the newest. An unfinished upload is shown to its sharer, who alone can remove it.
  mutating func listFiles(_ caller: Caller, _ name: Name?, before: MessageID?) {
    guard let slot = visibleOrCurrentRoom(caller, name, "files") else { return }
    let user = users[caller.user]
    guard maySee(rooms[slot], slot, user) else {
      refuse(caller, "files", .roomLocked, "\(rooms[slot].name) is locked; only its members see its files.")
      return
    }
    var listed: [ListedFile] = []
    var left = HistoryQuery.bytesMax
    var more: Continuation?
    for file in files.ids(in: rooms[slot].name, before: before).reversed() {
      guard let entry = files[file] else { continue }
      let record = entry.record
      guard record.shared != nil || entry.isRecorded && isSharer(user, of: record) else { continue }
      left -= 250 + record.name.text.utf8.count * 2
      if left < 0, let last = listed.last {
        more = .before(last.file.id)
        break
      }
      listed.append(
        ListedFile(
          file: record.event, cksum: record.cksum, time: record.shared ?? record.offered,
          isUnfinished: record.shared == nil))
    }
    reply("files", .files(room: rooms[slot].name, listed.reversed(), more: more), to: caller)
  }

  mutating func get(_ caller: Caller, _ file: MessageID, offset: UInt64) {
    guard let record = visibleFile(caller, file, "get") else { return }
    guard offset <= record.size else {
      refuse(
        caller, "get", .badNumber, "#\(file) has \(record.size) bytes; the offset \(offset) is beyond its end.")
      return
    }
    start(
      .checkFile(.wholeOf(file, size: record.size)), for: caller.session,
      then: .get(caller, file, offset: offset, ticket: entropy.token()))
  }

  mutating func finishGet(
    _ caller: Caller, _ file: MessageID, offset: UInt64, _ secret: Secret, _ result: FileCheckResult
  ) {
    // While the disk was checked, the file may have been removed, or the room locked.
    guard let record = visibleFile(caller, file, "get"), isComplete(caller.session, record, result, "get") else {
      return
    }
    let user = users[caller.user]
    issue(
      Ticket(direction: .down, file: file, holder: user.name, isGuest: user.isGuest, offset: offset, given: steady),
      secret)
    let fetched = FetchedFile(
      id: file, name: record.name.text, size: record.size, cksum: record.cksum, ticket: secret, offset: offset)
    effects.append(.replyWithAddress(Reply("get", .fetch(fetched)), to: caller.session))
  }

  /// A shared file that the user may see; else sends the refusal.
  private mutating func visibleFile(_ caller: Caller, _ file: MessageID, _ command: String) -> FileRecord? {
    if let record = files[file]?.record, isVisible(record, to: users[caller.user]) { return record }
    refuseFile(caller, file, command)
    return nil
  }

  func isVisible(_ record: FileRecord, to user: User) -> Bool {
    guard record.shared != nil, let slot = rooms.slot(of: record.room) else { return false }
    return !isBanned(user, from: rooms[slot]) && maySee(rooms[slot], slot, user)
  }

  mutating func refuseFile(_ caller: Caller, _ file: MessageID, _ command: String) {
    refuse(caller, command, .noSuchFile, "There is no file #\(file) that you may see; /files lists those of a room.")
  }

  private mutating func isComplete(
    _ id: SessionID, _ record: FileRecord, _ result: FileCheckResult, _ command: String
  ) -> Bool {
    let error: String
    switch result {
    case .bytes: return true
    case .missing: error = "its bytes are missing"
    case .failed(let reason): error = reason
    }
    log("warning", [:], text: "the file #\(record.id) (\(record.name)) cannot be read: \(error)")
    refuse(
      id, command, .noSuchFile,
      "The server cannot read #\(record.id) (\(error)); ask \(record.from) to share it again, and report it to the operator."
    )
    return false
  }

  // MARK: The bytes

  mutating func take(_ id: SessionID, _ secret: Secret) {
    guard let ticket = checkTicket(id, secret, .down, "take") else { return }
    tickets.remove(secret)
    guard let record = record(for: ticket) else {
      refuseTake(id, ticket)
      return
    }
    addTransfer(ticket, over: id)
    start(.checkFile(.wholeOf(ticket.file, size: record.size)), for: id, then: .take(ticket))
  }

  mutating func finishTake(_ id: SessionID, _ ticket: Ticket, _ result: FileCheckResult) {
    guard let record = record(for: ticket) else {
      refuseTake(id, ticket)
      return
    }
    guard isComplete(id, record, result, "take") else {
      closeTransfer(id)
      return
    }
    reply("take", .taken(ticket.file, bytes: record.size - ticket.offset), to: id)
    begin(record, for: ticket, over: id)
  }

  /// The file, where the ticket's holder may still see it. A guest must still be online.
  private func record(for ticket: Ticket) -> FileRecord? {
    guard let record = files[ticket.file]?.record, record.shared != nil,
      !ticket.isGuest || users[ticket.holder]?.isGuest == true,
      mayFetch(record, ticket.holder, isGuest: ticket.isGuest)
    else { return nil }
    return record
  }

  /// Whether a user may see the file now, online or not. A guest who has left may see what is open to all.
  func mayFetch(_ record: FileRecord, _ holder: Name, isGuest: Bool) -> Bool {
    guard let slot = rooms.slot(of: record.room), restrictions.ban(of: holder, at: steady) == nil,
      let user = viewer(holder, isGuest: isGuest, of: slot) ?? (isGuest ? User(name: holder, isGuest: true) : nil)
    else { return false }
    return isVisible(record, to: user)
  }

  private mutating func refuseTake(_ id: SessionID, _ ticket: Ticket) {
    let hasLeft = ticket.isGuest && users.slot(of: ticket.holder) == nil
    refuse(
      id, "take", .noSuchFile,
      hasLeft
        ? "The guest \(ticket.holder) has left, so the ticket is not valid; stay connected while you fetch."
        : "There is no file #\(ticket.file) any more that you may see.")
    closeTransfer(id)
  }

  mutating func downloadEnded(_ ticket: Ticket, _ result: TransferResult) {
    let fields: LogFields = ["file": "\(ticket.file)", "user": ticket.holder.text]
    switch result {
    case .interrupted(let reason, let bytes): log("file-not-fetched", fields + ["sent": "\(bytes)"], text: reason)
    case .done, .wrongCksum: log("file-fetched", fields + ["offset": "\(ticket.offset)"])
    }
  }
}
