import ChatProtocol

// `/files`, `/get`, and the bytes that follow `/take`.
extension Core {
  /// If not all files fit into the reply, it has the newest. An unfinished upload is shown only to its sharer, who can
  /// remove it.
  mutating func listFiles(_ caller: Caller, _ name: Name?, before: MessageID?) throws(Refusal) {
    let slot = try visibleOrCurrentRoom(caller, name)
    let user = users[caller.user]
    guard maySee(rooms[slot], slot, user) else {
      throw Refusal(.roomLocked, "\(rooms[slot].name) is locked; only its members see its files.")
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

  mutating func get(_ caller: Caller, _ file: MessageID, offset: UInt64) throws(Refusal) {
    let record = try visibleFile(caller, file)
    guard offset <= record.size else {
      throw Refusal(.badNumber, "#\(file) has \(record.size) bytes; the offset \(offset) is beyond its end.")
    }
    start(
      .checkFile(.wholeOf(file, size: record.size)), for: caller.session,
      then: .get(caller, file, offset: offset, ticket: entropy.token()))
  }

  mutating func finishGet(
    _ caller: Caller, _ file: MessageID, offset: UInt64, _ secret: Secret, _ result: FileCheckResult
  ) throws(Refusal) {
    // While the disk was checked, the file may have been removed, or the room locked.
    let record = try visibleFile(caller, file)
    try requireComplete(record, result)
    let user = users[caller.user]
    issue(
      Ticket(direction: .down, file: file, holder: user.name, isGuest: user.isGuest, offset: offset, given: steady),
      secret)
    let fetched = FetchedFile(
      id: file, name: record.name.text, size: record.size, cksum: record.cksum, ticket: secret, offset: offset)
    effects.append(.replyWithAddress(Reply("get", .fetch(fetched)), to: caller.session))
  }

  /// A shared file; throws if the user may not see it.
  private func visibleFile(_ caller: Caller, _ file: MessageID) throws(Refusal) -> FileRecord {
    if let record = files[file]?.record, isVisible(record, to: users[caller.user]) { return record }
    throw Core.noSuchFile(file)
  }

  func isVisible(_ record: FileRecord, to user: User) -> Bool {
    guard record.shared != nil, let slot = rooms.slot(of: record.room) else { return false }
    return !isBanned(user, from: rooms[slot]) && maySee(rooms[slot], slot, user)
  }

  static func noSuchFile(_ file: MessageID) -> Refusal {
    Refusal(.noSuchFile, "There is no file #\(file) that you may see; /files lists those of a room.")
  }

  private mutating func requireComplete(_ record: FileRecord, _ result: FileCheckResult) throws(Refusal) {
    let error: String
    switch result {
    case .bytes: return
    case .missing: error = "its bytes are missing"
    case .failed(let reason): error = reason
    }
    log("warning", [:], text: "the file #\(record.id) (\(record.name)) cannot be read: \(error)")
    throw Refusal(
      .noSuchFile,
      "The server cannot read #\(record.id) (\(error)); ask \(record.from) to share it again, and report it to the operator."
    )
  }

  // MARK: The bytes

  mutating func take(_ id: SessionID, _ secret: Secret) throws(Refusal) {
    let ticket = try checkTicket(id, secret, .down)
    tickets.remove(secret)
    let record = try record(for: ticket)
    addTransfer(ticket, over: id)
    start(.checkFile(.wholeOf(ticket.file, size: record.size)), for: id, then: .take(ticket))
  }

  mutating func finishTake(_ id: SessionID, _ ticket: Ticket, _ result: FileCheckResult) throws(Refusal) {
    let record = try record(for: ticket)
    try requireComplete(record, result)
    reply("take", .taken(ticket.file, bytes: record.size - ticket.offset), to: id)
    begin(record, for: ticket, over: id)
  }

  /// The file, if the ticket's holder may still see it. A guest must still be online.
  private func record(for ticket: Ticket) throws(Refusal) -> FileRecord {
    let holder = users.slot(of: ticket.holder)
    guard let record = files[ticket.file]?.record, record.shared != nil,
      !ticket.isGuest || holder.map({ users[$0].isGuest }) == true,
      mayFetch(record, ticket.holder, isGuest: ticket.isGuest)
    else {
      let hasLeft = ticket.isGuest && holder == nil
      throw Refusal(
        .noSuchFile,
        hasLeft
          ? "The guest \(ticket.holder) has left, so the ticket is not valid; stay connected while you fetch."
          : "There is no file #\(ticket.file) any more that you may see.")
    }
    return record
  }

  /// Whether a user may see the file now, online or not. A guest who has left may see only public files.
  func mayFetch(_ record: FileRecord, _ holder: Name, isGuest: Bool) -> Bool {
    guard let slot = rooms.slot(of: record.room), restrictions.ban(of: holder, at: steady) == nil,
      let user = viewer(holder, isGuest: isGuest, of: slot) ?? (isGuest ? User(name: holder, isGuest: true) : nil)
    else { return false }
    return isVisible(record, to: user)
  }

  mutating func downloadEnded(_ ticket: Ticket, _ result: TransferResult) {
    let fields: LogFields = ["file": "\(ticket.file)", "user": ticket.holder.text]
    switch result {
    case .interrupted(let reason, let bytes): log("file-not-fetched", fields + ["sent": "\(bytes)"], text: reason)
    case .done, .wrongCksum: log("file-fetched", fields + ["offset": "\(ticket.offset)"])
    }
  }
}
