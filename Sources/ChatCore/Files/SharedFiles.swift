import ChatProtocol

/// The shared files and unfinished uploads by id, and how much space they take.
///
/// A file counts as at least one block of the disk, so that the limit of bytes limits their number too.
struct SharedFiles: Sendable {
  static let minimumBytes: UInt64 = 4096
  /// How many unfinished uploads an account may have.
  static let unfinishedMax = 16

  private(set) var entries: [MessageID: SharedFileEntry] = [:]
  /// Ascending, and so by the time of the offer.
  private(set) var ids: [MessageID] = []
  private var idsByRoom: [Name: [MessageID]] = [:]
  private var unfinished: [Name: [MessageID]] = [:]
  private(set) var unfinishedCount = 0
  /// The disk space that they take, or will take.
  private(set) var bytes: UInt64 = 0
  private var bytesBySharer: [Name: UInt64] = [:]
  /// The position in `ids` of the next file that is checked for its age.
  var nextCheck = 0

  /// The file at `nextCheck`, which starts again after the last; nil if there is no file.
  mutating func nextToCheck() -> MessageID? {
    if nextCheck >= ids.count { nextCheck = 0 }
    return ids.isEmpty ? nil : ids[nextCheck]
  }

  var count: Int { entries.count }

  subscript(id: MessageID) -> SharedFileEntry? { entries[id] }

  func ids(in room: Name) -> [MessageID] { idsByRoom[room] ?? [] }

  /// The files below an id, if one is given.
  func ids(in room: Name, before: MessageID?) -> ArraySlice<MessageID> {
    let ids = ids(in: room)
    return before.map { ids[..<ids.position(of: $0)] } ?? ids[...]
  }

  /// The first files above an id, of a room or of all.
  func ids(in room: Name?, after last: MessageID, max: Int) -> ArraySlice<MessageID> {
    let ids = room.map { self.ids(in: $0) } ?? ids
    return ids[ids.position(of: last + 1)...].prefix(max)
  }

  /// The unfinished uploads of an account.
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

  /// Removes all files of a room at once, because there may be very many.
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

/// A file, with data that is not in `files.json`.
struct SharedFileEntry: Sendable {
  var record: FileRecord
  /// Whether it is recorded in `files.json`, which happens once space is reserved.
  var isRecorded: Bool
  /// The last event of an unfinished upload.
  var touched: SteadyTime
  /// The number of stored bytes of an unfinished upload; nil after a restart.
  var received: UInt64?
  /// The valid ticket for the upload.
  var ticket: Secret?
  /// The connection of the upload.
  var upload: SessionID?
  /// The session that offered the file again and waits until the upload has ended.
  var awaitedBy: SessionID?
}

extension [MessageID] {
  fileprivate mutating func insertInOrder(_ id: MessageID) { insert(id, at: position(of: id)) }

  fileprivate mutating func removeInOrder(_ id: MessageID) {
    let position = position(of: id)
    if position < count, self[position] == id { remove(at: position) }
  }

  /// The position of the first id that is not less: nearly always the end, because ids grow.
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

// Removal of files: by a user, with their room, or by age.
extension Core {
  private static let unfinishedLifetimeMilliseconds: Int64 = 24 * 3600 * 1000
  /// The greatest number of files that a tick checks, and that it removes.
  private static let checkedPerTickMax = 256
  private static let removedPerTickMax = 64

  mutating func unsend(_ caller: Caller, _ file: MessageID) throws(Refusal) {
    let user = users[caller.user]
    guard let entry = files[file], entry.isRecorded, let slot = rooms.slot(of: entry.record.room),
      isSharer(user, of: entry.record) || isVisible(entry.record, to: user)
    else {
      throw Core.noSuchFile(file)
    }
    let record = entry.record
    guard isSharer(user, of: record) || role(of: user, in: rooms[slot]) != .member else {
      throw Refusal(
        .notPermitted,
        "Only \(record.from), and the owner and the moderators of \(rooms[slot].name), may remove #\(file).")
    }
    reply("unsend", .file(file), to: caller)
    unshare(record, by: user.name.text, except: caller.session)
  }

  /// Whether the account is the sharer, and not a later one of the same name.
  func isSharer(_ user: User, of record: FileRecord) -> Bool {
    guard !user.isGuest, user.name == record.from, let account = accounts[user.name] else { return false }
    return account.created.map { $0 <= record.offered } ?? true
  }

  /// The creation time of a new account: later than any file of an earlier one of that name.
  func creationTime(of name: Name) -> Timestamp {
    guard files.bytes(of: name) > 0 else { return now }
    let offered = files.ids.lazy.compactMap { [files] in files[$0]?.record }.filter { $0.from == name }.map(\.offered)
    return offered.max().map { max(now, $0.adding(milliseconds: 1)) } ?? now
  }

  /// Removes a file and notifies the room if it was shared there, except a session that gets a reply.
  mutating func unshare(_ record: FileRecord, by: String, except: SessionID? = nil) {
    log("file-removed", fields(of: record) + ["by": by], text: record.name.text)
    if record.shared != nil, let slot = rooms.slot(of: record.room) {
      send(
        .unsent(room: rooms[slot].name, id: record.id, name: record.name.text, by: by), to: rooms[slot].sessions,
        except: except)
    }
    removeFile(record.id)
  }

  mutating func removeFile(_ file: MessageID) {
    if let entry = files.remove(file) { finishRemoving(entry) }
  }

  mutating func finishRemoving(_ entry: SharedFileEntry) {
    let file = entry.record.id
    if let ticket = entry.ticket { tickets.remove(ticket) }
    if entry.isRecorded { record(.fileRemoved(was: entry.record)) }
    if let upload = entry.upload { effects.append(.cutTransfer(upload)) }
    effects.append(.discardFile(file))
    if let waiting = entry.awaitedBy { resumeWaitingOffer(waiting, for: file) }
  }

  /// Rooms may have been removed from their file while the server was down.
  mutating func removeFilesOfMissingRooms() {
    for file in files.ids {
      guard let record = files[file]?.record, rooms.slot(of: record.room) == nil else { continue }
      log("file-removed", fields(of: record) + ["by": "-"], text: "its room is gone")
      removeFile(file)
    }
  }

  /// An entry written by hand may lack times; they are set to now.
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
      let age = clock.ageMilliseconds(of: files[file]!.record.offered, id: file)
      files.change(file) { [steady] in $0.touched = steady.adding(milliseconds: -age) }
    }
  }

  /// Once a second: removes expired tickets, and checks the next few files.
  mutating func removeOldFiles() {
    guard recordingError == nil else { return }
    while let ticket = tickets.removeExpired(at: steady) { expire(ticket) }
    var removed = 0
    for _ in 0..<min(Core.checkedPerTickMax, files.ids.count) {
      guard removed < Core.removedPerTickMax, let file = files.nextToCheck() else { return }
      guard let entry = files[file], isExpired(entry) else {
        files.nextCheck += 1
        continue
      }
      log("file-removed", fields(of: entry.record) + ["by": "-"], text: "it is too old")
      removeFile(file)
      removed += 1
    }
  }

  private func isExpired(_ entry: SharedFileEntry) -> Bool {
    if let shared = entry.record.shared {
      return settings.fileDays > 0
        && clock.ageMilliseconds(of: shared, id: entry.record.id) >= Int64(settings.fileDays) * 24 * 3600 * 1000
    }
    return entry.isRecorded && entry.upload == nil
      && entry.touched.adding(milliseconds: Core.unfinishedLifetimeMilliseconds) <= steady
  }
}
