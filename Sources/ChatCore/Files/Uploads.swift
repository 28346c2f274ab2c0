import ChatProtocol

// `/offer`, and the bytes that come with `/put`. Only accounts share: a file stays when its sharer is gone, and a guest's name may be
// anybody's by then, so that nobody could be held to what a guest has left there.
extension Core {
  mutating func offer(_ id: SessionID, size: UInt64, cksum: UInt32, _ name: FileName, _ entropy: Entropy) {
    let person = people[sessions[id].person!]
    let room = rooms[sessions[id].current]
    guard !person.isGuest else {
      refuse(
        id, "offer", .accountOnly, "A file stays when its sharer is gone, so a guest cannot share one; /register first."
      )
      return
    }
    guard !room.muted.contains(person.name) else {
      refuse(id, "offer", .muted, "You are muted in \(room.name) and can share nothing there.")
      return
    }
    let again = files.unfinished(of: person.name).first { id in
      let record = files[id]!.record
      return record.room == room.name && record.name == name && record.size == size && record.cksum == cksum
    }
    if let again {
      sessions[id].pending = .offer(again, ticket: entropy.token)
      resumeOffer(again, for: id)
      return
    }
    guard hasSpace(id, size, person.name) else { return }
    // Never before its sharer's account: that tells whose it is, whatever the wall clock was set to.
    let offered = max(now, accounts[person.name]?.created ?? now)
    let record = FileRecord(
      id: makeID(), room: room.name, from: person.name, name: name, size: size, cksum: cksum, offered: offered)
    files.insert(SharedFileEntry(record: record, isRecorded: false, touched: steady, received: 0))
    sessions[id].pending = .offer(record.id, ticket: entropy.token)
    effects.append(.checkFile(id, .partOf(record.id, size: size)))
  }

  /// Whoever sends its bytes over a connection that broke may not have been noticed to be gone: that comes first.
  private mutating func resumeOffer(_ file: MessageID, for id: SessionID) {
    guard let upload = files[file]?.upload else {
      effects.append(.checkFile(id, .partOf(file, size: files[file]!.record.size)))
      return
    }
    if let former = files[file]?.awaitedBy {
      sessions[former].pending = nil
      refuse(former, "offer", .busy, "Another session of yours goes on with it.")
      effects.append(.release(former))
    }
    files.change(file) { $0.awaitedBy = id }
    effects.append(.hold(id))
    effects.append(.cutTransfer(upload))
  }

  /// Else the refusal has been sent.
  private mutating func hasSpace(_ id: SessionID, _ size: UInt64, _ name: Name) -> Bool {
    let bound = settings.fileBytes == 0 ? Settings.fileBytesMaxDefault : UInt64(settings.fileBytes)
    guard size <= bound else {
      let (may, has) = SharedFile.words(bound, size)
      refuse(id, "offer", .fileTooLarge, "A file may be \(may) at most; this one is \(has).")
      return false
    }
    guard files.unfinished(of: name).count < SharedFiles.unfinishedMax else {
      refuse(
        id, "offer", .noSpace,
        "You have offered \(SharedFiles.unfinishedMax) files whose bytes have not come; send those first, or /unsend them."
      )
      return false
    }
    let counted = SharedFiles.counted(size)
    if settings.filesBytesPerUser > 0, files.bytes(of: name) + counted > UInt64(settings.filesBytesPerUser) {
      let may = SharedFile.words(UInt64(settings.filesBytesPerUser))
      refuse(
        id, "offer", .noSpace,
        "Your files take \(SharedFile.words(files.bytes(of: name))) of the \(may) that they may; /unsend one first.")
      return false
    }
    if settings.filesBytes > 0, files.bytes + counted > UInt64(settings.filesBytes) {
      let may = SharedFile.words(UInt64(settings.filesBytes))
      refuse(
        id, "offer", .noSpace,
        "All files together take \(SharedFile.words(files.bytes)) of the \(may) that they may; try again when some are gone."
      )
      return false
    }
    return true
  }

  mutating func finishOffer(_ id: SessionID, _ file: MessageID, _ ticket: Secret, _ answer: FileCheckResult) {
    guard let entry = files[file], entry.record.shared == nil else {
      refuseGone(id, file)
      return
    }
    // The room may have gone meanwhile, or whoever asked may have left it.
    guard let person = sessions[id].person, let slot = roomsByName[entry.record.room],
      people[person].rooms.contains(slot)
    else {
      if !entry.isRecorded { removeFile(file) }
      refuse(id, "offer", .notInRoom, "You are not in \(entry.record.room) any more.")
      return
    }
    if let recordingError {
      if !entry.isRecorded { removeFile(file) }
      refuseToRecord(id, "offer", recordingError)
      return
    }
    // Another session of the same account was faster.
    guard entry.upload == nil else {
      refuse(id, "offer", .busy, "The bytes of \(entry.record.name) are coming already.")
      return
    }
    switch answer {
    case .bytes(let count) where count <= entry.record.size: accept(id, entry, ticket, offset: count)
    case .bytes, .missing:
      removeFile(file)
      refuse(id, "offer", .brokenOff, "What the server had of \(entry.record.name) is no good; offer it again.")
    case .failed(let reason):
      log("file-refused", fields(of: entry.record), text: "there is no room for it: \(reason)")
      if !entry.isRecorded { removeFile(file) }
      refuse(id, "offer", .noSpace, "The server has no room for that (\(reason)); try a smaller file, or later.")
    }
  }

  private mutating func accept(_ id: SessionID, _ entry: SharedFileEntry, _ secret: Secret, offset: UInt64) {
    let record = entry.record
    if !entry.isRecorded { self.record(.file(record, was: nil)) }
    if let former = entry.ticket { tickets.remove(former) }
    let ticket = Ticket(
      direction: .up, file: record.id, holder: record.from, isGuest: false, offset: offset, given: steady)
    issue(ticket, secret)
    files.change(record.id) { [steady] entry in
      entry.isRecorded = true
      entry.ticket = secret
      entry.touched = steady
      entry.received = offset
    }
    log("file-offered", fields(of: record) + [.init("offset", "\(offset)")], text: record.name.text)
    let offered = OfferedFile(id: record.id, name: record.name.text, ticket: secret, offset: offset)
    effects.append(.replyWithAddress(Reply("offer", .offered(offered)), to: id))
  }

  private mutating func refuseGone(_ id: SessionID, _ file: MessageID) {
    if files[file] != nil {
      refuse(id, "offer", .nothingToDo, "All its bytes have come meanwhile: it is shared as #\(file).")
    } else {
      refuse(id, "offer", .brokenOff, "What the server had of it is gone; offer it again.")
    }
  }

  // MARK: The bytes

  mutating func put(_ id: SessionID, _ secret: Secret) {
    guard let ticket = checkTicket(id, secret, .up, "put") else { return }
    if let recordingError {
      refuseToRecord(id, "put", recordingError)
      leave(id)
      return
    }
    tickets.remove(secret)
    guard let entry = files[ticket.file], entry.ticket == secret, entry.upload == nil, mayShare(entry.record) else {
      if files[ticket.file]?.ticket == secret { expire(ticket) }
      refusePut(id)
      leave(id)
      return
    }
    files.change(ticket.file) { [steady] entry in
      entry.ticket = nil
      entry.upload = id
      entry.touched = steady
    }
    begin(.up, entry.record, for: ticket, over: id)
  }

  /// Whether who offered it may share it now, here or not.
  func mayShare(_ record: FileRecord) -> Bool {
    guard let slot = roomsByName[record.room], let sharer = viewer(record.from, isGuest: false, of: slot) else {
      return false
    }
    return sharer.rooms.contains(slot) && !isBanned(sharer, from: rooms[slot])
      && !rooms[slot].muted.contains(sharer.name) && restrictions.mute(of: sharer.name, at: steady) == nil
  }

  private mutating func refusePut(_ id: SessionID) {
    refuse(id, "put", .notPermitted, "You can share nothing in that room any more.")
  }

  mutating func uploadEnded(_ id: SessionID, _ running: RunningTransfer, _ end: TransferResult) {
    guard let entry = files[running.file], entry.upload == id else {
      // It may have got its name after it was thrown away.
      effects.append(.discardFile(running.file))
      refuse(id, "put", .noSuchFile, "The file was taken away before all its bytes were here.")
      return
    }
    let mayBeShared = isStillAllowed(id, running)
    files.change(running.file) { [steady] entry in
      entry.upload = nil
      entry.awaitedBy = nil
      entry.touched = steady
    }
    switch end {
    case .done:
      files.change(running.file) { $0.received = entry.record.size }
      // Much may have happened while the bytes came. They stay for a day, as those do that are too few.
      if !mayBeShared {
        log("file-refused", fields(of: entry.record), text: "\(entry.record.from) may share nothing there any more")
        refusePut(id)
      } else if let recordingError {
        refuseToRecord(id, "put", recordingError)
      } else {
        share(entry.record, for: id)
      }
    case .wrongCksum:
      log("file-refused", fields(of: entry.record), text: "the bytes have another cksum")
      removeFile(running.file)
      refuse(
        id, "put", .wrongCksum,
        "The bytes are not those that were offered: cksum should be \(entry.record.cksum). They are thrown away; offer the file anew."
      )
    case .interrupted(let reason, let bytes):
      files.change(running.file) { $0.received = bytes }
      log("file-broken-off", fields(of: entry.record) + [.init("received", "\(bytes)")], text: reason)
      if bytes == 0, entry.awaitedBy == nil, recordingError == nil { removeFile(running.file) }
      refuse(
        id, "put", .brokenOff,
        "\(bytes) of \(entry.record.size) bytes are here (\(reason.asClause)); offer the file again to go on.")
    }
    if let waiting = entry.awaitedBy { resumeWaitingOffer(waiting, for: running.file) }
  }

  private mutating func share(_ record: FileRecord, for id: SessionID) {
    files.finish(record.id, at: now)
    let shared = files[record.id]!.record
    self.record(.file(shared, was: record))
    log("file-shared", fields(of: shared), text: shared.name.text)
    reply("put", .file(record.id), to: id)
    guard let slot = roomsByName[shared.room] else { return }
    var audience = rooms[slot].sessions
    if let ignorers = ignorers[shared.from] { audience.removeAll { ignorers.contains(sessions[$0].person!) } }
    send(.file(shared.event), to: audience)
  }

  /// What they offered again is not on its way any more.
  mutating func resumeWaitingOffer(_ id: SessionID, for file: MessageID) {
    guard sessions.contains(id), case .offer(file, _) = sessions[id].pending else { return }
    if let entry = files[file], entry.record.shared == nil, entry.upload == nil {
      effects.append(.checkFile(id, .partOf(file, size: entry.record.size)))
      return
    }
    sessions[id].pending = nil
    refuseGone(id, file)
    effects.append(.release(id))
  }

  /// Whoever waits for the disk goes: an offer that nothing is known of yet goes too.
  mutating func abandonOffer(of id: SessionID) {
    guard case .offer(let file, _) = sessions[id].pending, let entry = files[file] else { return }
    if entry.awaitedBy == id { files.change(file) { $0.awaitedBy = nil } }
    if !entry.isRecorded { removeFile(file) }
  }
}

extension Settings {
  /// Where no bound is set: what is reckoned with sizes has a place for the sum.
  static let fileBytesMaxDefault: UInt64 = 1 << 40
}

extension FileRecord {
  var event: SharedFile { SharedFile(id: id, room: room, from: from, name: name.text, size: size) }
}
