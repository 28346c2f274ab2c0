import ChatProtocol

/// The files that are shared or offered, by their ids, and how much room they take.
///
/// A file counts as at least a block of the disk, so that the bound on bytes is one on how many there are as well.
struct SharedFiles: Sendable {
  static let bytesEach_min: UInt64 = 4096
  /// How many offers of one account may wait for their bytes.
  static let unfinished_max = 16

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
  var nextLook = 0

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

  static func counted(_ size: UInt64) -> UInt64 { max(size, bytesEach_min) }

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
