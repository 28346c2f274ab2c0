import ChatCore
import ChatProtocol
import JSON
import Text

/// The difference of two versions of a room, as a line of the journal: shorter than the whole row where lists are long.
struct RoomChange: Equatable, Sendable {
  let name: Name
  /// The row afterwards, with empty lists.
  var head: RoomRecord
  var moderators = ListChange()
  var banned = ListChange()
  var muted = ListChange()

  struct ListChange: Equatable, Sendable {
    var added: [Name] = []
    var removed: [Name] = []
    var isEmpty: Bool { added.isEmpty && removed.isEmpty }
  }

  /// Rows with fewer names than this are written whole.
  private static let namesMin = 16

  /// nil where the whole row is written: it is short, or a list has another order.
  init?(from was: RoomRecord, to room: RoomRecord) {
    guard room.moderators.count + room.banned.count + room.muted.count >= RoomChange.namesMin, was.name == room.name,
      let moderators = ListChange(from: was.moderators, to: room.moderators),
      let banned = ListChange(from: was.banned, to: room.banned),
      let muted = ListChange(from: was.muted, to: room.muted)
    else { return nil }
    name = room.name
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

extension RoomChange {
  var json: JSONValue {
    var members: [JSONMember] = [
      JSONMember(name: "name", value: .string(head.name.text)), JSONMember(name: "topic", value: .string(head.topic)),
      JSONMember(name: "owner", value: .text(head.owner?.text)),
      JSONMember(name: "password", value: .text(head.password)),
      JSONMember(name: "created", value: .text(head.created?.description)),
    ]
    if let firstID = head.firstID { members.append(JSONMember(name: "first_id", value: .int(firstID))) }
    for (list, change) in [("moderators", moderators), ("banned", banned), ("muted", muted)] where !change.isEmpty {
      members.append(
        JSONMember(
          name: list, value: ["added": .names(change.added), "removed": .names(change.removed)] as JSONValue))
    }
    return .object(members)
  }

  init?(reading value: JSONValue, of name: Name) {
    guard let members = value.members,
      let head = RoomRecord.read(
        .object(members.filter { !["moderators", "banned", "muted"].contains($0.name) }), file: "", linesBefore: 0
      ).0, head.name == name, let moderators = ListChange(reading: value["moderators"]),
      let banned = ListChange(reading: value["banned"]), let muted = ListChange(reading: value["muted"])
    else { return nil }
    self.name = name
    self.head = head
    (self.moderators, self.banned, self.muted) = (moderators, banned, muted)
  }
}

extension RoomChange.ListChange {
  fileprivate init?(reading value: JSONValue?) {
    guard let value else { return }
    guard let added = [Name](reading: value["added"]), let removed = [Name](reading: value["removed"]) else {
      return nil
    }
    (self.added, self.removed) = (added, removed)
  }
}

extension UserChange {
  var json: JSONValue {
    var members = [JSONMember(name: "name", value: .string(name.text))]
    if let lastSeen { members.append(JSONMember(name: "last_seen", value: .string(lastSeen.description))) }
    if let away { members.append(JSONMember(name: "away", value: .text(away.text))) }
    for (key, names) in [("joined", joined), ("left", left), ("ignored", ignored), ("unignored", unignored)]
    where !names.isEmpty {
      members.append(JSONMember(name: key, value: .names(names)))
    }
    return .object(members)
  }

  /// nil for an invalid change.
  init?(reading value: JSONValue) {
    var reader = EntryReader(value, kind: "user", file: "", linesBefore: 0)
    guard let name = reader.requiredName("name") else { return nil }
    self.init(name, lastSeen: reader.time("last_seen"))
    if let away = value["away"] {
      let text = reader.cleanText("away")
      self.away = away.isNull ? .back : text.map { .away($0) }
    }
    joined = reader.names("joined")
    left = reader.names("left")
    ignored = reader.names("ignored")
    unignored = reader.names("unignored")
    if !reader.errors.isEmpty { return nil }
  }
}

extension [Name] {
  fileprivate init?(reading value: JSONValue?) {
    guard let value else {
      self = []
      return
    }
    guard let elements = value.array else { return nil }
    self = elements.compactMap { $0.string.flatMap { Name($0) } }
    if count != elements.count { return nil }
  }
}
