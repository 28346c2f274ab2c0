/// An account, or a connected guest.
package struct ControlUser: Equatable, Sendable {
  package var name: Name
  package var isGuest: Bool
  package var isOperator: Bool
  package var isDisabled: Bool
  package var email: EmailAddress?
  package var created: Timestamp?
  package var lastSeen: Timestamp?
  package var sessions: Int
  package var rooms: [Name]
  package var away: String?
  package var unread: Int
  /// Its rooms with messages behind its read mark; nil in a list, and where there is none.
  package var unreadRooms: [UnreadRoom]?
  /// On its name, now.
  package var ban: Restriction?
  package var mute: Restriction?
  /// nil in a list.
  package var roomRoles: ControlRoomRoles?
  /// What an account has shared and offered; nil in a list.
  package var files: ControlUserFiles?

  package init(
    name: Name, isGuest: Bool, isOperator: Bool, isDisabled: Bool, email: EmailAddress?, created: Timestamp?,
    lastSeen: Timestamp?, sessions: Int, rooms: [Name], away: String?, unread: Int, ban: Restriction? = nil,
    mute: Restriction? = nil, roomRoles: ControlRoomRoles? = nil, files: ControlUserFiles? = nil
  ) {
    self.name = name
    self.isGuest = isGuest
    self.isOperator = isOperator
    self.isDisabled = isDisabled
    self.email = email
    self.created = created
    self.lastSeen = lastSeen
    self.sessions = sessions
    self.rooms = rooms
    self.away = away
    self.unread = unread
    self.ban = ban
    self.mute = mute
    self.roomRoles = roomRoles
    self.files = files
  }
}

extension ControlUser: CodedRecord {
  package static let meaning = "a user"
  package static let blank = ControlUser(
    name: .lobby, isGuest: false, isOperator: false, isDisabled: false, email: nil, created: nil, lastSeen: nil,
    sessions: 0, rooms: [], away: nil, unread: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    var role = Role(isOperator)
    var status = isDisabled ? AccountStatus.disabled : .active
    try coder.field("name", &name)
    try coder.flag("guest", &isGuest)
    try coder.field("role", &role)
    try coder.field("status", &status)
    try coder.nullable("email", &email)
    try coder.nullable("created", &created)
    try coder.nullable("last_seen", &lastSeen)
    try coder.field("sessions", &sessions)
    try coder.field("rooms", &rooms)
    try coder.nullable("away", &away)
    try coder.field("unread", &unread)
    try coder.nullable("ban", &ban)
    try coder.nullable("mute", &mute)
    (isOperator, isDisabled) = (role == .operator, status == .disabled)
    var (owned, moderated) = (roomRoles?.owned, roomRoles?.moderated)
    try coder.ifPresent("owns", &owned)
    try coder.ifPresent("moderates", &moderated)
    roomRoles = owned.map { ControlRoomRoles(owned: $0, moderated: moderated ?? []) }
    try coder.ifPresent("files", &files)
    try coder.ifPresent("unread_rooms", &unreadRooms)
  }
}

/// As in users.csv.
private enum Role: String, CaseIterable, FieldValue {
  case user
  case `operator`

  init(_ isOperator: Bool) { self = isOperator ? .operator : .user }
}

private enum AccountStatus: String, CaseIterable, FieldValue { case active, disabled }

/// How much a user's files take.
package struct ControlUserFiles: Equatable, Sendable {
  /// Offered files whose upload is not finished.
  package var unfinished: Int
  /// The size of all of them, once complete.
  package var bytes: UInt64
  /// nil for no limit.
  package var bytesMax: UInt64?

  package init(unfinished: Int, bytes: UInt64, bytesMax: UInt64?) {
    self.unfinished = unfinished
    self.bytes = bytes
    self.bytesMax = bytesMax
  }
}

extension ControlUserFiles: CodedRecord {
  package static let meaning = "the files of a user"
  package static let blank = ControlUserFiles(unfinished: 0, bytes: 0, bytesMax: nil)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("unfinished", &unfinished)
    try coder.field("bytes", &bytes)
    try coder.nullable("bytes_max", &bytesMax)
  }
}

/// The rooms that a name owns and moderates.
package struct ControlRoomRoles: Equatable, Sendable {
  package var owned: [Name]
  package var moderated: [Name]

  package init(owned: [Name] = [], moderated: [Name] = []) {
    self.owned = owned
    self.moderated = moderated
  }
}

/// What was deleted with an account.
package struct ControlDeletedUser: Equatable, Sendable {
  package var name: Name
  /// False if its row in users.csv was removed before, so that only its other data was left.
  package var hadAccount: Bool
  /// How many were closed.
  package var sessions: Int
  /// Rooms without an owner now, and rooms that have lost a moderator.
  package var rooms: ControlRoomRoles
  /// Private messages that were never read.
  package var unread: Int

  package init(name: Name, hadAccount: Bool, sessions: Int, rooms: ControlRoomRoles, unread: Int) {
    self.name = name
    self.hadAccount = hadAccount
    self.sessions = sessions
    self.rooms = rooms
    self.unread = unread
  }
}

extension ControlDeletedUser: CodedRecord {
  package static let meaning = "\"removed\""
  package static let blank = ControlDeletedUser(
    name: .lobby, hadAccount: false, sessions: 0, rooms: ControlRoomRoles(), unread: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("user", &name)
    try coder.field("account", &hadAccount)
    try coder.field("sessions", &sessions)
    try coder.field("owns", &rooms.owned)
    try coder.field("moderates", &rooms.moderated)
    try coder.field("unread", &unread)
  }
}

/// An account that the operator creates.
package struct ControlNewUser: Equatable, Sendable {
  package var name: Name
  package var email: EmailAddress?
  package var isOperator: Bool
  /// nil: the server generates it.
  package var password: Secret?

  package init(name: Name, email: EmailAddress? = nil, isOperator: Bool = false, password: Secret? = nil) {
    self.name = name
    self.email = email
    self.isOperator = isOperator
    self.password = password
  }

  mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    var role: Role? = isOperator ? .operator : nil
    try coder.field("user", &name)
    try coder.optional("email", &email)
    try coder.optional("role", &role)
    password = try coder.newPassword(password)
    isOperator = role == .operator
  }
}

/// What is to change about an account; nil stays.
package struct ControlUserChange: Equatable, Sendable {
  package enum Email: Equatable, Sendable {
    case address(EmailAddress)
    case removed
  }

  package var email: Email?
  package var isOperator: Bool?

  package init(email: Email? = nil, isOperator: Bool? = nil) {
    self.email = email
    self.isOperator = isOperator
  }

  mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    var address: EmailAddress? = if case .address(let address) = email { address } else { nil }
    var isRemoved = email == .removed
    var role = isOperator.map { Role($0) }
    try coder.optional("email", &address)
    try coder.flag("no_email", &isRemoved)
    try coder.optional("role", &role)
    if address != nil, isRemoved { try coder.fail("\"email\" and \"no_email\" exclude each other; give one of them") }
    email = isRemoved ? .removed : address.map { .address($0) }
    isOperator = role.map { $0 == .operator }
    if self == ControlUserChange() { try coder.fail("users set needs one of \"email\", \"no_email\" and \"role\"") }
  }
}
