package import ChatProtocol

/// A change to what the readable files hold. Each carries the whole row as it is afterwards, and the row that it replaces:
/// whoever applies it to a file later can tell by that whether somebody edited the file by hand meanwhile.
package enum Record: Equatable, Sendable {
  /// A row of `users.csv`, new or changed.
  case account(Account, was: Account?)
  /// The row is gone. The user's entry in `state.json` has a record of its own.
  case accountRemoved(was: Account)
  /// An entry of `rooms.json`, new or changed.
  case room(RoomRecord, was: RoomRecord?)
  case roomRemoved(was: RoomRecord)
  /// What changed in a user's entry in `state.json`. A user without one is in no room and ignores nobody.
  case user(UserChange)
  /// The entry is gone, unread messages and all.
  case userRemoved(Name)
  /// An unread private message to an account.
  case mail(Mail)
  /// The user has read all private messages up to this id.
  case mailRead(by: Name, upTo: MessageID)
  /// An entry of `bans` or `mutes` in `state.json`, new or changed.
  case restriction(Restriction, was: Restriction?)
  case restrictionRemoved(was: Restriction)
  /// An entry of `files.json`, new or changed.
  case file(FileRecord, was: FileRecord?)
  case fileRemoved(was: FileRecord)
  /// `clock` in `state.json`: the wall clock was set, and what both clocks say since.
  case clock(ClockSteps, at: TurnTime)
  /// No change of its own: the records from here on know of the edit of that number. Those that make it hold for the rules may
  /// come over several turns; no other record of a row comes between.
  case edited(UInt64)
}

/// A row of `users.csv`.
package struct Account: Equatable, Sendable {
  package enum Role: String, Sendable { case user, `operator` }
  package enum Status: String, Sendable { case active, disabled }

  package var name: Name
  /// A crypt(5) string, `plain:SECRET` as typed by hand, or `*` where nobody may log in.
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
  /// No message before this one is of its past, whatever had its name then. nil where its past begins when it was created, if
  /// that is known.
  package var firstID: MessageID?
  /// In the order in which they were made; no name twice.
  package var moderators: [Name]
  package var banned: [Name]
  package var muted: [Name]

  package init(
    name: Name, topic: String = "", owner: Name? = nil, password: String? = nil, created: Timestamp? = nil,
    firstID: MessageID? = nil, moderators: [Name] = [], banned: [Name] = [], muted: [Name] = []
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
  }
}

extension RoomRecord {
  /// The owner and those moderators who have no account, with what they are: they cannot log in to use their rights.
  package func moderatorsWithout(_ accounts: Accounts) -> [(standing: String, name: Name)] {
    let ownerAndModerators = (owner.map { [("the owner", $0)] } ?? []) + moderators.map { ("a moderator", $0) }
    return ownerAndModerators.filter { accounts[$0.1] == nil }
  }
}

/// A user's entry in `state.json`, but for the unread messages.
package struct UserState: Equatable, Sendable {
  package var name: Name
  package var lastSeen: Timestamp?
  /// The rooms the account is in, in the order in which it joined; `lobby` where it has not left it.
  package var rooms: [Name]
  /// What was said when going away; nil for somebody who is not away.
  package var away: String?
  package var ignores: [Name]

  package init(name: Name, lastSeen: Timestamp? = nil, rooms: [Name] = [], away: String? = nil, ignores: [Name] = []) {
    self.name = name
    self.lastSeen = lastSeen
    self.rooms = rooms
    self.away = away
    self.ignores = ignores
  }
}

/// A private message with its time, as it waits to be read.
package struct Mail: Equatable, Sendable {
  package var time: Timestamp
  package var message: PrivateMessage

  package init(time: Timestamp, message: PrivateMessage) {
    self.time = time
    self.message = message
  }
}
