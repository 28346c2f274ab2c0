import ChatProtocol

// `/offer`, and the bytes that follow `/put`. Only accounts share files: a file stays after its sharer's logout, and a
// guest's name may then belong to another user.
extension Core {
  mutating func offer(_ caller: Caller, size: UInt64, cksum: UInt32, _ name: FileName) throws(Refusal) {
    let user = users[caller.user]
    let room = rooms[sessions[caller.session].current]
    guard !user.isGuest else {
      throw Refusal(
        .accountOnly, "A guest cannot share a file, because it stays after the guest has left; /register first.")
    }
    guard !room.muted.contains(user.name) else {
      throw Refusal(.muted, "You are muted in \(room.name), so you cannot share files there.")
    }
    let unfinished = files.unfinished(of: user.name).first { id in
      let record = files[id]!.record
      return record.room == room.name && record.name == name && record.size == size && record.cksum == cksum
    }
    if let unfinished {
      resumeOffer(unfinished, for: caller)
      return
    }
    try requireSpace(size, user.name)
    // Not earlier than its sharer's account, even if the wall clock was set back: this tells it from a file of an
    // earlier account.
    let offered = max(now, accounts[user.name]?.created ?? now)
    let record = FileRecord(
      id: makeID(), room: room.name, from: user.name, name: name, size: size, cksum: cksum, offered: offered)
    files.insert(SharedFileEntry(record: record, isRecorded: false, touched: steady, received: 0))
    start(
      .checkFile(.partOf(record.id, size: size)), for: caller.session,
      then: .offer(caller, record.id, ticket: entropy.token()))
  }

  /// An earlier upload of the same file ends first, because its connection may be lost without the server noticing.
  private mutating func resumeOffer(_ file: MessageID, for caller: Caller) {
    let pending = Pending.offer(caller, file, ticket: entropy.token())
    guard let entry = files[file], let upload = entry.upload else {
      start(.checkFile(.partOf(file, size: files[file]!.record.size)), for: caller.session, then: pending)
      return
    }
    if let former = entry.awaitedBy { cancel(former, Refusal(.busy, "Another session of yours resumes this upload.")) }
    files.change(file) { $0.awaitedBy = caller.session }
    hold(caller.session, then: pending)
    effects.append(.cutTransfer(upload))
  }

  private func requireSpace(_ size: UInt64, _ name: Name) throws(Refusal) {
    let counted = SharedFiles.counted(size)
    let most = settings.fileBytes == 0 ? Settings.fileBytesMaxDefault : UInt64(settings.fileBytes)
    if size > most {
      let (limit, actual) = SharedFile.words(most, size)
      throw Refusal(.fileTooLarge, "A file may have \(limit) at most; this one has \(actual).")
    }
    if files.unfinished(of: name).count >= SharedFiles.unfinishedMax {
      throw Refusal(
        .noSpace,
        "You have \(SharedFiles.unfinishedMax) unfinished uploads, which is the limit; finish one, or /unsend it.")
    }
    if settings.filesBytesPerUser > 0, files.bytes(of: name) + counted > UInt64(settings.filesBytesPerUser) {
      let limit = SharedFile.words(UInt64(settings.filesBytesPerUser))
      throw Refusal(
        .noSpace,
        "Your files take \(SharedFile.words(files.bytes(of: name))) of the \(limit) that they may take; /unsend one first."
      )
    }
    if settings.filesBytes > 0, files.bytes + counted > UInt64(settings.filesBytes) {
      let limit = SharedFile.words(UInt64(settings.filesBytes))
      throw Refusal(
        .noSpace,
        "All files together take \(SharedFile.words(files.bytes)) of the \(limit) that they may take; try again later.")
    }
  }

  mutating func finishOffer(_ caller: Caller, _ file: MessageID, _ ticket: Secret, _ result: FileCheckResult)
    throws(Refusal)
  {
    guard let entry = files[file], entry.record.shared == nil else {
      throw uploadGone(file)
    }
    let record = entry.record
    // The room may have been deleted meanwhile, or the user may have left it.
    guard let slot = rooms.slot(of: record.room), users[caller.user].rooms.contains(slot) else {
      if !entry.isRecorded { removeFile(file) }
      throw Refusal(.notInRoom, "You are no longer in \(record.room).")
    }
    if let recordingError {
      if !entry.isRecorded { removeFile(file) }
      throw .cannotRecord(recordingError)
    }
    guard entry.upload == nil else {
      throw Refusal(.busy, "Another session of yours is uploading \(record.name).")
    }
    switch result {
    case .bytes(let count) where count <= record.size: accept(caller, entry, ticket, offset: count)
    case .bytes, .missing:
      removeFile(file)
      throw Refusal(.brokenOff, "The server's part of \(record.name) is damaged; offer the file again.")
    case .failed(let reason):
      log("file-refused", fields(of: record), text: "there is no space for it: \(reason)")
      if !entry.isRecorded { removeFile(file) }
      throw Refusal(.noSpace, "The server has no space for that (\(reason)); try a smaller file, or later.")
    }
  }

  private mutating func accept(_ caller: Caller, _ entry: SharedFileEntry, _ secret: Secret, offset: UInt64) {
    let record = entry.record
    if !entry.isRecorded { self.record(.file(record, was: nil)) }
    if let former = entry.ticket { tickets.remove(former) }
    issue(
      Ticket(direction: .up, file: record.id, holder: record.from, isGuest: false, offset: offset, given: steady),
      secret)
    files.change(record.id) { [steady] entry in
      entry.isRecorded = true
      entry.ticket = secret
      entry.touched = steady
      entry.received = offset
    }
    log("file-offered", fields(of: record) + ["offset": "\(offset)"], text: record.name.text)
    let offered = OfferedFile(id: record.id, name: record.name.text, ticket: secret, offset: offset)
    effects.append(.replyWithAddress(Reply("offer", .offered(offered)), to: caller.session))
  }

  private func uploadGone(_ file: MessageID) -> Refusal {
    files[file] == nil
      ? Refusal(.brokenOff, "The server no longer has its part of the file; offer it again.")
      : Refusal(.nothingToDo, "The upload has finished meanwhile: the file is shared as #\(file).")
  }

  // MARK: The bytes

  mutating func put(_ id: SessionID, _ secret: Secret) throws(Refusal) {
    let ticket = try checkTicket(id, secret, .up)
    if let recordingError { throw .cannotRecord(recordingError) }
    tickets.remove(secret)
    guard let entry = files[ticket.file], entry.ticket == secret, entry.upload == nil, mayShare(entry.record) else {
      if files[ticket.file]?.ticket == secret { expire(ticket) }
      throw Core.notSharable
    }
    files.change(ticket.file) { [steady] entry in
      entry.ticket = nil
      entry.upload = id
      entry.touched = steady
    }
    begin(entry.record, for: ticket, over: id)
  }

  /// Whether the sharer of a file may share it now, online or not.
  func mayShare(_ record: FileRecord) -> Bool {
    guard let slot = rooms.slot(of: record.room), let sharer = viewer(record.from, isGuest: false, of: slot) else {
      return false
    }
    return sharer.rooms.contains(slot) && !isBanned(sharer, from: rooms[slot])
      && !rooms[slot].muted.contains(sharer.name) && restrictions.mute(of: sharer.name, at: steady) == nil
  }

  private static let notSharable = Refusal(.notPermitted, "You may no longer share files in that room.")

  mutating func uploadEnded(_ id: SessionID, _ running: RunningTransfer, _ result: TransferResult) {
    let file = running.ticket.file
    guard let entry = files[file], entry.upload == id else {
      // The bytes may have got their final name after the file was removed.
      effects.append(.discardFile(file))
      refuse(id, "put", Refusal(.noSuchFile, "The file was removed before the upload ended."))
      return
    }
    let record = entry.record
    let isAllowed = isStillAllowed(id, running)
    files.change(file) { [steady] entry in
      entry.upload = nil
      entry.awaitedBy = nil
      entry.touched = steady
    }
    switch result {
    case .done:
      files.change(file) { $0.received = record.size }
      // A file that may not be shared now stays for a day, like an unfinished one.
      if !isAllowed {
        log("file-refused", fields(of: record), text: "\(record.from) may no longer share files there")
        refuse(id, "put", Core.notSharable)
      } else if let recordingError {
        refuse(id, "put", .cannotRecord(recordingError))
      } else {
        share(record, for: id)
      }
    case .wrongCksum:
      log("file-refused", fields(of: record), text: "the bytes have another cksum")
      removeFile(file)
      refuse(
        id, "put",
        Refusal(
          .wrongCksum,
          "The server has discarded the bytes, because their cksum is not \(record.cksum) as offered; offer the file again."
        ))
    case .interrupted(let reason, let bytes):
      files.change(file) { $0.received = bytes }
      log("file-broken-off", fields(of: record) + ["received": "\(bytes)"], text: reason)
      if bytes == 0, entry.awaitedBy == nil, recordingError == nil { removeFile(file) }
      refuse(
        id, "put",
        Refusal(
          .brokenOff,
          "The server has \(bytes) of \(record.size) bytes (\(reason.asClause)); offer the file again to resume."))
    }
    if let waiting = entry.awaitedBy { resumeWaitingOffer(waiting, for: file) }
  }

  private mutating func share(_ record: FileRecord, for id: SessionID) {
    files.finish(record.id, at: now)
    let shared = files[record.id]!.record
    self.record(.file(shared, was: record))
    log("file-shared", fields(of: shared), text: shared.name.text)
    reply("put", .file(record.id), to: id)
    guard let slot = rooms.slot(of: shared.room) else { return }
    send(.file(shared.event), to: audience(of: slot, from: shared.from))
  }

  /// The upload that the session waits for has ended.
  mutating func resumeWaitingOffer(_ id: SessionID, for file: MessageID) {
    guard sessions.contains(id), case .offer(_, file, _) = sessions[id].pending else { return }
    if let entry = files[file], entry.record.shared == nil, entry.upload == nil {
      startHeld(.checkFile(.partOf(file, size: entry.record.size)), for: id)
    } else {
      cancel(id, uploadGone(file))
    }
  }

  /// The waiting session will not get its ticket, so an offer that is not recorded yet is removed.
  mutating func abandonOffer(_ pending: Pending, of id: SessionID) {
    guard case .offer(_, let file, _) = pending, let entry = files[file] else { return }
    if entry.awaitedBy == id { files.change(file) { $0.awaitedBy = nil } }
    if !entry.isRecorded { removeFile(file) }
  }
}

extension Settings {
  /// The limit of a file's size if none is set, low enough for sums of sizes.
  static let fileBytesMaxDefault: UInt64 = 1 << 40
}

extension FileRecord {
  var event: SharedFile { SharedFile(id: id, room: room, from: from, name: name.text, size: size) }
}
