import ChatCore
import ChatProtocol
import JSON
import Text

/// The difference of two versions of a room, as a line of the journal: shorter than the whole row where lists are long.
struct RoomChange: Equatable, Sendable {
  /// The row afterwards, with empty lists.
  var head: RoomRecord
  var moderators = ListChange()
  var banned = ListChange()
  var muted = ListChange()

  var name: Name { head.name }

  struct ListChange: Equatable, Sendable {
    var added: [Name] = []
    var removed: [Name] = []
    var isEmpty: Bool { added.isEmpty && removed.isEmpty }
  }

  /// Rows with fewer names than this are written whole.
  private static let namesMin = 16

  private init(head: RoomRecord) { self.head = head }

  /// nil where the whole row is written: it is short, or a list has another order.
  init?(from was: RoomRecord, to room: RoomRecord) {
    guard room.moderators.count + room.banned.count + room.muted.count >= RoomChange.namesMin, was.name == room.name,
      let moderators = ListChange(from: was.moderators, to: room.moderators),
      let banned = ListChange(from: was.banned, to: room.banned),
      let muted = ListChange(from: was.muted, to: room.muted)
    else { return nil }
    (self.moderators, self.banned, self.muted) = (moderators, banned, muted)
    head = room
    head.moderators = []
    head.banned = []
    head.muted = []
  }

  func applied(to room: RoomRecord) -> RoomRecord {
    var changed = head
    (changed.moderators, changed.banned, changed.muted) = (room.moderators, room.banned, room.muted)
    changed.moderators.change(adding: moderators.added, removing: moderators.removed)
    changed.banned.change(adding: banned.added, removing: banned.removed)
    changed.muted.change(adding: muted.added, removing: muted.removed)
    return changed
  }
}

extension RoomChange.ListChange {
  /// nil where removing names and appending others does not lead from one list to the other.
  init?(from was: [Name], to now: [Name]) {
    // Cheap for unchanged lists, which share their storage.
    if was == now, zip(was, now).allSatisfy({ $0.text == $1.text }) { return }
    let (old, new) = (Set(was.texts), Set(now.texts))
    removed = was.filter { !new.contains($0.text) }
    added = now.filter { !old.contains($0.text) }
    var changed = was
    changed.change(adding: added, removing: removed)
    if changed.texts != now.texts { return nil }
  }
}

extension RoomChange: StoredRecord {
  static let kind = RoomRecord.kind
  static let blank = RoomChange(head: .blank)

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    head.codeHead(&coder)
    if coder.has("moderators", ifWritten: !moderators.isEmpty) { coder.field("moderators", &moderators) }
    if coder.has("banned", ifWritten: !banned.isEmpty) { coder.field("banned", &banned) }
    if coder.has("muted", ifWritten: !muted.isEmpty) { coder.field("muted", &muted) }
  }

  func check(in reader: inout EntryReader) { head.check(in: &reader) }
}

extension RoomChange.ListChange: StoredRecord {
  static let kind = "change"
  static let blank = RoomChange.ListChange()

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.field("added", &added)
    coder.field("removed", &removed)
  }
}

extension UserChange: StoredRecord {
  static let kind = "user"
  static let blank = UserChange(.lobby)

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.field("name", &name)
    coder.ifPresent("last_seen", &lastSeen)
    if coder.has("away", ifWritten: away != nil) {
      var text = away?.text
      coder.text("away", &text)
      away = text.map { .away($0) } ?? .back
    }
    coder.ifPresent("joined", &joined)
    coder.ifPresent("left", &left)
    coder.ifPresent("ignored", &ignored)
    coder.ifPresent("unignored", &unignored)
    coder.marks("read", &marks)
  }
}
