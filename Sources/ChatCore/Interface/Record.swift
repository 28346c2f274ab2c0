package import ChatProtocol

/// A change of the readable files, with the new row and the row that it replaces, so that the store sees whether
/// the file was edited by hand meanwhile.
package enum Record: Equatable, Sendable {
  /// A row of `users.csv`, new or changed.
  case account(Account, was: Account?)
  /// The row is removed. The user's entry in `state.json` has a record of its own.
  case accountRemoved(was: Account)
  /// An entry of `rooms.json`, new or changed.
  case room(RoomRecord, was: RoomRecord?)
  case roomRemoved(was: RoomRecord)
  /// What changed in a user's entry in `state.json`. A user without an entry is in no room and ignores no other user.
  case user(UserChange)
  /// The entry is removed, with its unread messages.
  case userRemoved(Name)
  /// An unread private message to an account.
  case mail(Mail)
  /// The user has read all private messages up to this id.
  case mailRead(by: Name, upTo: MessageID)
  /// Counts of messages that have changed.
  case counts(MessageCounts)
  /// The account of that name was removed: the next one's private history begins at this id. In `state.json`.
  case pastBegins(Name, at: MessageID)
  /// An entry of `bans` or `mutes` in `state.json`, new or changed.
  case restriction(Restriction, was: Restriction?)
  case restrictionRemoved(was: Restriction)
  /// An entry of `files.json`, new or changed.
  case file(FileRecord, was: FileRecord?)
  case fileRemoved(was: FileRecord)
  /// `clock` in `state.json`: how the wall clock was set, and what both clocks say now.
  case clock(ClockSteps, at: TurnTime)
  /// The edit with that number was applied. Rows in which the server's version differed from the one that was edited
  /// were recorded before; all others are as in the edited file.
  case edited(UInt64)
}

/// A row of `users.csv`.
package struct Account: Equatable, Sendable {
  package enum Role: String, Sendable { case user, `operator` }
  package enum Status: String, Sendable { case active, disabled }

  package var name: Name
  /// A crypt(5) string, `plain:SECRET` as typed by hand, or `*` if no password matches.
  package var password: String
  package var role: Role
  package var status: Status
  package var email: EmailAddress?
  package var created: Timestamp?

  package init(
    name: Name, password: String, role: Role = .user, status: Status = .active, email: EmailAddress? = nil,
    created: Timestamp? = nil
  ) {
    self.name = name
    self.password = password
    self.role = role
    self.status = status
    self.email = email
    self.created = created
  }
}

/// An entry of `rooms.json`.
package struct RoomRecord: Equatable, Sendable {
  package var name: Name
  package var topic: String
  package var owner: Name?
  /// As in `Account.password`; nil for an open room.
  package var password: String?
  package var created: Timestamp?
  /// The room's first id: older messages are of an earlier room of that name. nil if the room begins at its creation
  /// time, if that is known.
  package var firstID: MessageID?
  /// In the order in which they were added; no name twice.
  package var moderators: [Name]
  package var banned: [Name]
  package var muted: [Name]
  /// Only its members see that it exists.
  package var isHidden: Bool
  package var invitations: [Invitation]

  package init(
    name: Name, topic: String = "", owner: Name? = nil, password: String? = nil, created: Timestamp? = nil,
    firstID: MessageID? = nil, moderators: [Name] = [], banned: [Name] = [], muted: [Name] = [],
    isHidden: Bool = false, invitations: [Invitation] = []
  ) {
    self.name = name
    self.topic = topic
    self.owner = owner
    self.password = password
    self.created = created
    self.firstID = firstID
    self.moderators = moderators
    self.banned = banned
    self.muted = muted
    self.isHidden = isHidden
    self.invitations = invitations
  }
}

/// An account that may join a room without its password.
package struct Invitation: Equatable, Sendable {
  package var user: Name
  package var until: Timestamp

  package init(user: Name, until: Timestamp) {
    self.user = user
    self.until = until
  }
}

extension RoomRecord {
  /// The owner and the moderators without an account, with their roles: they cannot log in to use their rights.
  package func moderatorsWithout(_ accounts: Accounts) -> [(role: String, name: Name)] {
    let ownerAndModerators = (owner.map { [("the owner", $0)] } ?? []) + moderators.map { ("a moderator", $0) }
    return ownerAndModerators.filter { accounts[$0.1] == nil }
  }
}

/// A user's entry in `state.json`, without the unread messages.
package struct UserState: Equatable, Sendable {
  package var name: Name
  package var lastSeen: Timestamp?
  /// The rooms the account is in, in the order in which it joined; with `lobby` unless it has left it.
  package var rooms: [Name]
  /// The text of `/away`; nil for a user who is not away.
  package var away: String?
  package var ignores: [Name]
  /// In rooms where it has set one; in the order of setting the first.
  package var marks: [ReadMark]

  package init(
    name: Name, lastSeen: Timestamp? = nil, rooms: [Name] = [], away: String? = nil, ignores: [Name] = [],
    marks: [ReadMark] = []
  ) {
    self.name = name
    self.lastSeen = lastSeen
    self.rooms = rooms
    self.away = away
    self.ignores = ignores
    self.marks = marks
  }
}

/// An unread private message with its time.
package struct Mail: Equatable, Sendable {
  package var time: Timestamp
  package var message: PrivateMessage

  package init(time: Timestamp, message: PrivateMessage) {
    self.time = time
    self.message = message
  }
}

/// A change of a user's entry in `state.json`. It contains only the change, because an entry may list a thousand rooms.
///
/// Applying a change twice is the same as applying it once.
package struct UserChange: Equatable, Sendable {
  package var name: Name
  package var lastSeen: Timestamp?
  package var away: Away?
  /// No room is in both of the first lists, and no name in both of the others.
  package var joined: [Name] = []
  package var left: [Name] = []
  package var ignored: [Name] = []
  package var unignored: [Name] = []
  /// Set read marks; leaving a room removes its mark.
  package var marks: [ReadMark] = []

  package enum Away: Equatable, Sendable {
    case away(String)
    case back

    package var text: String? { if case .away(let text) = self { text } else { nil } }
  }

  package init(_ name: Name, lastSeen: Timestamp? = nil) {
    self.name = name
    self.lastSeen = lastSeen
  }

  /// The change from one state to another. `lastSeen` is never removed.
  package init(from was: UserState, to user: UserState) {
    name = user.name
    if user.lastSeen != was.lastSeen { lastSeen = user.lastSeen }
    if user.away != was.away { away = user.away.map { .away($0) } ?? .back }
    (joined, left) = UserChange.difference(was.rooms, user.rooms)
    (ignored, unignored) = UserChange.difference(was.ignores, user.ignores)
    marks = user.marks.filter { !was.marks.contains($0) }
  }

  package var isEmpty: Bool {
    lastSeen == nil && away == nil && joined.isEmpty && left.isEmpty && ignored.isEmpty && unignored.isEmpty
      && marks.isEmpty
  }

  mutating func join(_ room: Name) { UserChange.add(room, to: &joined, without: &left) }
  mutating func leave(_ room: Name) {
    UserChange.add(room, to: &left, without: &joined)
    marks.removeAll { $0.room == room }
  }
  mutating func mark(_ mark: ReadMark) { marks.set(mark) }
  mutating func ignore(_ user: Name) { UserChange.add(user, to: &ignored, without: &unignored) }
  mutating func unignore(_ user: Name) { UserChange.add(user, to: &unignored, without: &ignored) }

  private static func add(_ name: Name, to list: inout [Name], without opposite: inout [Name]) {
    if let index = opposite.firstIndex(of: name) { opposite.remove(at: index) }
    list.append(name)
  }

  private static func difference(_ before: [Name], _ after: [Name]) -> (added: [Name], removed: [Name]) {
    let (old, new) = (Set(before), Set(after))
    return (after.filter { !old.contains($0) }, before.filter { !new.contains($0) })
  }
}

extension UserState {
  package mutating func apply(_ change: UserChange) {
    name = change.name
    if let lastSeen = change.lastSeen { self.lastSeen = lastSeen }
    if let away = change.away { self.away = away.text }
    rooms.change(adding: change.joined, removing: change.left)
    ignores.change(adding: change.ignored, removing: change.unignored)
    if !change.left.isEmpty { marks.removeAll { change.left.contains($0.room) } }
    for mark in change.marks { marks.set(mark) }
  }
}

extension [ReadMark] {
  mutating func set(_ mark: ReadMark) {
    if let index = firstIndex(where: { $0.room == mark.room }) { self[index] = mark } else { append(mark) }
  }
}

extension [Name] {
  /// Names that are there keep their place; new ones come at the end.
  package mutating func change(adding added: [Name], removing removed: [Name]) {
    if !removed.isEmpty {
      let removed = Set(removed)
      removeAll { removed.contains($0) }
    }
    if !added.isEmpty {
      var present = Set(self)
      for name in added where present.insert(name).inserted { append(name) }
    }
  }
}
