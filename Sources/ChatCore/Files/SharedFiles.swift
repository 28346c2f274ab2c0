import ChatProtocol

/// The files that are shared or offered, by their ids, and how much room they take.
///
/// A file counts as at least a block of the disk, so that the bound on bytes is one on how many there are as well.
struct SharedFiles: Sendable {
  static let minimumBytes: UInt64 = 4096
  /// How many offers of one account may wait for their bytes.
  static let unfinishedMax = 16

  private(set) var entries: [MessageID: SharedFileEntry] = [:]
  /// In ascending order, and so by the time of the offer.
  private(set) var ids: [MessageID] = []
  private var idsByRoom: [Name: [MessageID]] = [:]
  private var unfinished: [Name: [MessageID]] = [:]
  private(set) var unfinishedCount = 0
  /// What all of them take of the disk, or are to take.
  private(set) var bytes: UInt64 = 0
  private var bytesBySharer: [Name: UInt64] = [:]
  /// Where the next look for those that are too old begins.
  var nextCheck = 0

  var count: Int { entries.count }

  subscript(id: MessageID) -> SharedFileEntry? { entries[id] }

  /// Those of a room, by id.
  func ids(in room: Name) -> [MessageID] { idsByRoom[room] ?? [] }

  /// Those of a room with ids below this one, where one is named.
  func ids(in room: Name, before: MessageID?) -> ArraySlice<MessageID> {
    let ids = ids(in: room)
    return before.map { ids[..<ids.position(of: $0)] } ?? ids[...]
  }

  /// The first of a room, or of all, that come behind an id.
  func ids(in room: Name?, after last: MessageID, max: Int) -> ArraySlice<MessageID> {
    let ids = room.map { self.ids(in: $0) } ?? ids
    return ids[ids.position(of: last + 1)...].prefix(max)
  }

  /// What somebody offered and has not sent, or not all of it, by id.
  func unfinished(of name: Name) -> [MessageID] { unfinished[name] ?? [] }

  func bytes(of name: Name) -> UInt64 { bytesBySharer[name] ?? 0 }

  static func counted(_ size: UInt64) -> UInt64 { max(size, minimumBytes) }

  mutating func insert(_ entry: SharedFileEntry) {
    let record = entry.record
    precondition(entries[record.id] == nil, "an id is one file's")
    entries[record.id] = entry
    ids.insertInOrder(record.id)
    idsByRoom[record.room, default: []].insertInOrder(record.id)
    if record.shared == nil {
      unfinished[record.from, default: []].insertInOrder(record.id)
      unfinishedCount += 1
    }
    let counted = SharedFiles.counted(record.size)
    bytes += counted
    bytesBySharer[record.from, default: 0] += counted
  }

  @discardableResult
  mutating func remove(_ id: MessageID) -> SharedFileEntry? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    let record = entry.record
    ids.removeInOrder(id)
    idsByRoom.remove(id, of: record.room)
    forget(record)
    return entry
  }

  /// Those of a room, by id: at once, because there may be very many.
  mutating func removeAll(in room: Name) -> [SharedFileEntry] {
    guard let gone = idsByRoom.removeValue(forKey: room) else { return [] }
    let removed = gone.compactMap { entries.removeValue(forKey: $0) }
    ids.removeAll { [entries] in entries[$0] == nil }
    for entry in removed { forget(entry.record) }
    return removed
  }

  private mutating func forget(_ record: FileRecord) {
    if record.shared == nil { forgetUnfinished(record) }
    let counted = SharedFiles.counted(record.size)
    bytes -= counted
    let left = bytes(of: record.from) - counted
    bytesBySharer[record.from] = left == 0 ? nil : left
  }

  /// All bytes are there.
  mutating func finish(_ id: MessageID, at now: Timestamp) {
    entries[id]!.record.shared = now
    forgetUnfinished(entries[id]!.record)
  }

  private mutating func forgetUnfinished(_ record: FileRecord) {
    unfinished.remove(record.id, of: record.from)
    unfinishedCount -= 1
  }

  mutating func change(_ id: MessageID, _ body: (inout SharedFileEntry) -> Void) {
    if entries[id] != nil { body(&entries[id]!) }
  }
}

/// A file with what is known of it beside what its file says.
struct SharedFileEntry: Sendable {
  var record: FileRecord
  /// Whether `files.json` is to have it: not before there is room on the disk.
  var isRecorded: Bool
  /// Of one that is not finished: when something was heard of it last.
  var touched: SteadyTime
  /// How many bytes of one that is not finished are there, as far as is known; nil where the server has started since.
  var received: UInt64?
  /// The ticket for its bytes on their way up; an earlier one serves no more.
  var ticket: Secret?
  /// The connection over which they come.
  var upload: SessionID?
  /// Who offered it again and waits for that to end.
  var awaitedBy: SessionID?
}

extension [MessageID] {
  fileprivate mutating func insertInOrder(_ id: MessageID) { insert(id, at: position(of: id)) }

  fileprivate mutating func removeInOrder(_ id: MessageID) {
    let position = position(of: id)
    if position < count, self[position] == id { remove(at: position) }
  }

  /// Where the first id is that is not less. Ids grow, so it is nearly always the end.
  fileprivate func position(of id: MessageID) -> Int {
    if let last, last < id { return count }
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension [Name: [MessageID]] {
  fileprivate mutating func remove(_ id: MessageID, of name: Name) {
    self[name]?.removeInOrder(id)
    if self[name]?.isEmpty == true { self[name] = nil }
  }
}

// How files go: taken away, with their room, or by their age.
extension Core {
  /// What broke off is kept for so long.
  static let unfinishedLifetimeMilliseconds: Int64 = 24 * 3600 * 1000
  /// How many files a tick looks at, and how many of them it may throw away.
  private static let checkedPerTickMax = 256
  private static let removedPerTickMax = 64

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
    guard isSharer(person, of: record) || role(of: person, in: rooms[slot]) != .member else {
      refuse(
        id, "unsend", .notPermitted,
        "Only \(record.from), and the owner and the moderators of \(rooms[slot].name), may take #\(file) away.")
      return
    }
    reply("unsend", .file(file), to: id)
    unshare(record, by: person.name.text, except: id)
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
  mutating func unshare(_ record: FileRecord, by: String, except: SessionID? = nil) {
    log("file-removed", fields(of: record) + [.init("by", by)], text: record.name.text)
    if record.shared != nil, let slot = roomsByName[record.room] {
      send(
        .unsent(room: rooms[slot].name, id: record.id, name: record.name.text, by: by), to: rooms[slot].sessions,
        except: except)
    }
    removeFile(record.id)
  }

  /// Takes a file out of everything; its bytes go once that stands.
  mutating func removeFile(_ file: MessageID) {
    if let entry = files.remove(file) { finishRemoving(entry) }
  }

  private mutating func finishRemoving(_ entry: SharedFileEntry) {
    let file = entry.record.id
    if let ticket = entry.ticket { tickets.remove(ticket) }
    if entry.isRecorded { record(.fileRemoved(was: entry.record)) }
    if let upload = entry.upload { effects.append(.cutTransfer(upload)) }
    effects.append(.discardFile(file))
    if let waiting = entry.awaitedBy { resumeWaitingOffer(waiting, for: file) }
  }

  mutating func removeFiles(of room: Name) {
    for entry in files.removeAll(in: room) { finishRemoving(entry) }
  }

  /// What an account that ends has offered and not sent. What it shared belongs to the room, as what it said does.
  mutating func removeUnfinished(of name: Name) {
    for file in files.unfinished(of: name) { removeFile(file) }
  }

  /// Files of rooms that were taken out of their file while the server was down.
  mutating func removeFilesOfMissingRooms() {
    for file in files.ids {
      guard let record = files[file]?.record, roomsByName[record.room] == nil else { continue }
      log("file-removed", fields(of: record) + [.init("by", "-")], text: "its room is gone")
      removeFile(file)
    }
  }

  /// Entries that somebody wrote by hand need no times: what they lack is now.
  mutating func fillMissingFileTimes() {
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
      let touched = steady.adding(milliseconds: -ageMilliseconds(of: files[file]!.record.offered, id: file))
      files.change(file) { $0.touched = touched }
    }
  }

  /// Once a second: tickets that are over, and a few of the files, each in its turn.
  mutating func removeOldFiles() {
    guard recordingError == nil else { return }
    while let ticket = tickets.removeExpired(at: steady) { expire(ticket) }
    var looked = 0
    var dropped = 0
    let looks = min(Core.checkedPerTickMax, files.ids.count)
    while looked < looks, dropped < Core.removedPerTickMax {
      looked += 1
      if files.nextCheck >= files.ids.count { files.nextCheck = 0 }
      if files.ids.isEmpty { return }
      let file = files.ids[files.nextCheck]
      guard let entry = files[file], isExpired(entry) else {
        files.nextCheck += 1
        continue
      }
      log("file-removed", fields(of: entry.record) + [.init("by", "-")], text: "it is too old")
      removeFile(file)
      dropped += 1
    }
  }

  private func isExpired(_ entry: SharedFileEntry) -> Bool {
    if let shared = entry.record.shared {
      return settings.fileDays > 0
        && ageMilliseconds(of: shared, id: entry.record.id) >= Int64(settings.fileDays) * 24 * 3600 * 1000
    }
    return entry.isRecorded && entry.upload == nil
      && entry.touched.adding(milliseconds: Core.unfinishedLifetimeMilliseconds) <= steady
  }
}
