import ChatProtocol

// `/files`, `/get`, and the bytes that go with `/take`.
extension Core {
  /// Where not all have place in the reply, the newest are in it. What was offered and has not come is for its sharer to see, who
  /// alone can take it back.
  mutating func listFiles(_ id: SessionID, _ name: Name?, before: MessageID?) {
    guard let slot = name.map({ visibleRoom(id, $0, "files") }) ?? sessions[id].current else { return }
    guard maySee(rooms[slot], slot, people[sessions[id].person!]) else {
      refuse(id, "files", .roomLocked, "\(rooms[slot].name) is locked; its files are for its members.")
      return
    }
    let person = people[sessions[id].person!]
    var listed: [ListedFile] = []
    var left = HistoryQuery.bytesMax
    var more: Continuation?
    for file in files.ids(in: rooms[slot].name, before: before).reversed() {
      guard let entry = files[file] else { continue }
      let record = entry.record
      guard record.shared != nil || entry.isRecorded && isSharer(person, of: record) else { continue }
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
    reply("files", .files(room: rooms[slot].name, listed.reversed(), more: more), to: id)
  }

  mutating func get(_ id: SessionID, _ file: MessageID, offset: UInt64, _ entropy: Entropy) {
    guard let record = visibleFile(id, file, "get") else { return }
    guard offset <= record.size else {
      refuse(id, "get", .badNumber, "#\(file) has \(record.size) bytes; the offset \(offset) is behind them.")
      return
    }
    sessions[id].pending = .get(file, offset: offset, ticket: entropy.token)
    effects.append(.checkFile(id, .wholeOf(file, size: record.size)))
  }

  mutating func finishGet(
    _ id: SessionID, _ file: MessageID, offset: UInt64, _ secret: Secret, _ answer: FileCheckResult
  ) {
    // It may have been taken away, or the room locked, while the disk was looked at.
    guard let record = visibleFile(id, file, "get"), isThere(id, record, answer, "get") else { return }
    let person = people[sessions[id].person!]
    issue(
      Ticket(direction: .down, file: file, holder: person.name, isGuest: person.isGuest, offset: offset, given: steady),
      secret)
    let fetched = FetchedFile(
      id: file, name: record.name.text, size: record.size, cksum: record.cksum, ticket: secret, offset: offset)
    effects.append(.replyWithAddress(Reply("get", .fetch(fetched)), to: id))
  }

  /// A file that is shared and that the session's person may see; else the refusal has been sent.
  private mutating func visibleFile(_ id: SessionID, _ file: MessageID, _ command: String) -> FileRecord? {
    let person = people[sessions[id].person!]
    guard let record = files[file]?.record, record.shared != nil, let slot = roomsByName[record.room],
      !isBanned(person, from: rooms[slot]), maySee(rooms[slot], slot, person)
    else {
      refuse(id, command, .noSuchFile, "There is no file #\(file) for you; /files lists those of a room.")
      return nil
    }
    return record
  }

  private mutating func isThere(
    _ id: SessionID, _ record: FileRecord, _ answer: FileCheckResult, _ command: String
  ) -> Bool {
    let problem: String
    switch answer {
    case .bytes: return true
    case .missing: problem = "its bytes are gone"
    case .failed(let reason): problem = reason
    }
    log("warning", [], text: "the file #\(record.id) (\(record.name)) cannot be read: \(problem)")
    refuse(
      id, command, .noSuchFile,
      "#\(record.id) cannot be read any more (\(problem)); ask \(record.from) to share it again, and tell the operator."
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
    note(ticket, over: id)
    sessions[id].pending = .take(ticket)
    effects.append(.checkFile(id, .wholeOf(ticket.file, size: record.size)))
  }

  mutating func finishTake(_ id: SessionID, _ ticket: Ticket, _ answer: FileCheckResult) {
    guard let record = record(for: ticket) else {
      refuseTake(id, ticket)
      return
    }
    guard isThere(id, record, answer, "take") else {
      leave(id)
      return
    }
    reply("take", .taken(ticket.file, bytes: record.size - ticket.offset), to: id)
    begin(.down, record, for: ticket, over: id)
  }

  /// The file, where the ticket's holder may still see it.
  private func record(for ticket: Ticket) -> FileRecord? {
    guard let record = files[ticket.file]?.record, record.shared != nil, let slot = roomsByName[record.room],
      viewer(ticket.holder, isGuest: ticket.isGuest, of: slot) != nil,
      mayFetch(record, ticket.holder, isGuest: ticket.isGuest)
    else { return nil }
    return record
  }

  /// Whether somebody may see the file now, here or not. A guest who has gone is in no room, and may see what everybody may.
  func mayFetch(_ record: FileRecord, _ holder: Name, isGuest: Bool) -> Bool {
    guard let slot = roomsByName[record.room], restrictions.ban(of: holder, at: steady) == nil,
      let person = viewer(holder, isGuest: isGuest, of: slot)
        ?? (isGuest ? Person(name: holder, isGuest: true) : nil)
    else { return false }
    return !isBanned(person, from: rooms[slot]) && maySee(rooms[slot], slot, person)
  }

  private mutating func refuseTake(_ id: SessionID, _ ticket: Ticket) {
    let hasGone = ticket.isGuest && present[ticket.holder] == nil
    refuse(
      id, "take", .noSuchFile,
      hasGone
        ? "The guest \(ticket.holder) has left, and the ticket with them; stay connected while you fetch."
        : "There is no file #\(ticket.file) for you any more.")
    leave(id)
  }

  mutating func downloadEnded(_ running: RunningTransfer, _ end: TransferResult) {
    let fields: [LogRecord.Field] = [.init("file", "\(running.file)"), .init("user", running.holder.text)]
    switch end {
    case .interrupted(let reason, let bytes):
      log("file-not-fetched", fields + [.init("sent", "\(bytes)")], text: reason)
    case .done, .wrongCksum: log("file-fetched", fields + [.init("offset", "\(running.offset)")])
    }
  }
}
