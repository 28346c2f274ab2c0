import ChatProtocol

// How files go: taken away, with their room, or by their age.
extension Core {
  /// What broke off is kept for so long.
  static let unfinishedLife_ms: Int64 = 24 * 3600 * 1000
  /// How many files a tick looks at, and how many of them it may throw away.
  private static let looked_max = 256
  private static let dropped_max = 64

  mutating func unsend(_ id: SessionID, _ file: MessageID) {
    let person = people[sessions[id].person!]
    guard let record = files[file]?.record, let slot = roomsByName[record.room], files[file]?.isRecorded == true,
      isSharer(person, of: record)
        || record.shared != nil && !isBanned(person, from: rooms[slot])
          && maySee(rooms[slot], slot, person)
    else {
      refuse(id, "unsend", .noSuchFile, "There is no file #\(file) for you; /files lists those of a room.")
      return
    }
    guard isSharer(person, of: record) || standing(of: person, in: rooms[slot]) != .member else {
      refuse(
        id, "unsend", .notPermitted,
        "Only \(record.from), and the owner and the moderators of \(rooms[slot].name), may take #\(file) away.")
      return
    }
    reply("unsend", .file(file), to: id)
    takeAway(record, by: person.name.text, except: id)
  }

  /// An account of the same name that was made later is somebody else.
  func isSharer(_ person: Person, of record: FileRecord) -> Bool {
    guard !person.isGuest, person.name == record.from, let account = accounts[person.name] else { return false }
    return account.created.map { $0 <= record.offered } ?? true
  }

  /// When an account of this name is made: later than any file that one before it offered.
  func creationTime(of name: Name) -> Timestamp {
    guard files.bytes(of: name) > 0 else { return now }
    let offered = files.ids.lazy.compactMap { [files] in files[$0]?.record }.filter { $0.from == name }.map(\.offered)
    return offered.max().map { max(now, $0.adding(milliseconds: 1)) } ?? now
  }

  /// The room is told of a file that it has seen; the session that took it away has its reply.
  mutating func takeAway(_ record: FileRecord, by: String, except: SessionID? = nil) {
    log("file-removed", fields(of: record) + [.init("by", by)], text: record.name.text)
    if record.shared != nil, let slot = roomsByName[record.room] {
      send(
        .unsent(room: rooms[slot].name, id: record.id, name: record.name.text, by: by), to: rooms[slot].sessions,
        except: except)
    }
    drop(record.id)
  }

  /// Takes a file out of everything; its bytes go once that stands.
  mutating func drop(_ file: MessageID) {
    if let entry = files.remove(file) { afterRemoving(entry) }
  }

  private mutating func afterRemoving(_ entry: SharedFileEntry) {
    let file = entry.record.id
    if let ticket = entry.ticket { tickets.remove(ticket) }
    if entry.isRecorded { record(.fileRemoved(was: entry.record)) }
    if let upload = entry.upload { effects.append(.cutTransfer(upload)) }
    effects.append(.discardFile(file))
    if let waiting = entry.awaitedBy { answerWaiting(waiting, for: file) }
  }

  mutating func dropFiles(of room: Name) {
    for entry in files.removeAll(in: room) { afterRemoving(entry) }
  }

  /// What an account that ends has offered and not sent. What it shared belongs to the room, as what it said does.
  mutating func dropUnfinished(of name: Name) {
    for file in files.unfinished(of: name) { drop(file) }
  }

  /// Files of rooms that were taken out of their file while the server was down.
  mutating func dropFilesOfGoneRooms() {
    for file in files.ids {
      guard let record = files[file]?.record, roomsByName[record.room] == nil else { continue }
      log("file-removed", fields(of: record) + [.init("by", "-")], text: "its room is gone")
      drop(file)
    }
  }

  /// Entries that somebody wrote by hand need no times: what they lack is now.
  mutating func dateFiles() {
    let unknown = FileRecord.unknownTime
    for file in files.ids {
      guard let was = files[file]?.record, was.offered == unknown || was.shared == unknown else { continue }
      var record = was
      if was.offered == unknown { record.offered = now }
      if was.shared == unknown { record.shared = now }
      files.change(file) { $0.record = record }
      self.record(.file(record, was: was))
    }
    for file in files.ids {
      let touched = steady.adding(milliseconds: -age_ms(of: files[file]!.record.offered, id: file))
      files.change(file) { $0.touched = touched }
    }
  }

  /// Once a second: tickets that are over, and a few of the files, each in its turn.
  mutating func endOldFiles() {
    guard recordingError == nil else { return }
    while let ticket = tickets.takeOld(at: steady) { end(ticket) }
    var looked = 0
    var dropped = 0
    let looks = min(Core.looked_max, files.ids.count)
    while looked < looks, dropped < Core.dropped_max {
      looked += 1
      if files.nextLook >= files.ids.count { files.nextLook = 0 }
      if files.ids.isEmpty { return }
      let file = files.ids[files.nextLook]
      guard let entry = files[file], isOver(entry) else {
        files.nextLook += 1
        continue
      }
      log("file-removed", fields(of: entry.record) + [.init("by", "-")], text: "it is too old")
      drop(file)
      dropped += 1
    }
  }

  private func isOver(_ entry: SharedFileEntry) -> Bool {
    if let shared = entry.record.shared {
      return settings.fileDays > 0
        && age_ms(of: shared, id: entry.record.id) >= Int64(settings.fileDays) * 24 * 3600 * 1000
    }
    return entry.isRecorded && entry.upload == nil
      && entry.touched.adding(milliseconds: Core.unfinishedLife_ms) <= steady
  }
}
