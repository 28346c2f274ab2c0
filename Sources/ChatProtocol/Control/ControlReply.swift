/// The answer to a `ControlRequest`: `{"id":1,"ok":{…}}`.
package enum ControlReply: Equatable, Sendable {
  case rooms([ControlRoom])
  case room(ControlRoom)
  /// `password` is the generated one, shown this once.
  case roomCreated(Name, password: Secret?)
  /// `members` were in it and have been told.
  case roomDeleted(Name, members: Int)
  /// `fields` are the keys of rooms.json that say something else now. `password` is the generated one, shown this once.
  case roomChanged(Name, fields: [String], password: Secret?)
  /// Who is in a room now.
  case members([RoomMember])
  /// `sessions` of the user were in the room: none where the user is a member and not here.
  case roomKicked(Name, user: Name, sessions: Int)
  case users([ControlUser])
  case user(ControlUser)
  /// `password` is the generated one, shown this once.
  case userAdded(Name, password: Secret?)
  /// `fields` are the columns of users.csv that say something else now, and `sessions` were closed because of that. `password`
  /// as above.
  case userChanged(Name, fields: [String], sessions: Int, password: Secret?)
  case userDeleted(ControlDeletedUser)
  case userKicked(Name, sessions: Int)
  /// Bans and mutes.
  case bans([Restriction])
  case restricted(ControlRestricted)
  case lifted(ControlRestricted)
  case sessions([ControlSession])
  /// `user` is nil for one that had not come in.
  case sessionClosed(UInt64, user: Name?)
  case files([ControlFile])
  case filesDeleted([ControlFile])
  /// `sessions` were told.
  case said(ControlAudience, sessions: Int)
  /// Oldest first, as the two below.
  case messages([PastMessage])
  /// Lines of the log as they stand there, without their ends.
  case lines([String])
  case events([ControlLogEvent])
  case status(ControlStatus)
  case top(ControlTop)
  case settings([ControlSetting])
  /// Names of the files written.
  case saved(files: [String])
  /// A tar archive follows, of files that have so many bytes.
  case backup(bytes: Int64)
  case reloaded(ControlReload)
  /// As in `ControlReload`.
  case checked(faults: [String])
  case stopping
  /// To `ControlRequest.dryRun`: what the answer would be.
  indirect case wouldBe(ControlReply)
}

/// Why a request was not done: `{"id":1,"error":{"code":"no-such-room","message":"…"}}`.
package struct ControlError: Error, Equatable, Sendable {
  package var code: Code
  package var message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package enum Code: String, Sendable, CaseIterable {
    case badRequest = "bad-request"
    case noSuchRoom = "no-such-room"
    case roomTaken = "room-taken"
    case userTaken = "user-taken"
    case emailTaken = "email-taken"
    case noSuchUser = "no-such-user"
    case noSuchSession = "no-such-session"
    case noSuchBan = "no-such-ban"
    case noSuchFile = "no-such-file"
    case notHere = "not-here"
    case notPermitted = "not-permitted"
    case tooMany = "too-many"
    /// What is asked for does not stand in the log any more.
    case gone
    case cannotRead = "cannot-read"
    /// The server stops, and what was followed ends with it.
    case stopping = "stopped"
    case busy
    case cannotRecord = "cannot-record"
    case saveFailed = "save-failed"
    case backupFailed = "backup-failed"
    /// What a client reads where a newer server gives a code that it does not know; never sent.
    case unknown
  }
}

package struct ControlRoom: Equatable, Sendable {
  package var info: RoomInfo
  /// Who is in it now; nil in a list.
  package var members: [RoomMember]?

  package init(info: RoomInfo, members: [RoomMember]?) {
    self.info = info
    self.members = members
  }
}

/// An account, or a guest that is here.
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
  /// What is on its name now.
  package var ban: Restriction?
  package var mute: Restriction?
  /// What it may steer; nil in a list.
  package var steers: ControlModeratedRooms?
  /// What an account has shared and offered; nil in a list.
  package var files: ControlUserFiles?

  package init(
    name: Name, isGuest: Bool, isOperator: Bool, isDisabled: Bool, email: EmailAddress?, created: Timestamp?,
    lastSeen: Timestamp?, sessions: Int, rooms: [Name], away: String?, unread: Int, ban: Restriction? = nil,
    mute: Restriction? = nil, steers: ControlModeratedRooms? = nil, files: ControlUserFiles? = nil
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
    self.steers = steers
    self.files = files
  }
}

/// What somebody's files take of what they may.
package struct ControlUserFiles: Equatable, Sendable {
  /// Those that were offered and whose bytes have not all come.
  package var unfinished: Int
  /// What all of them take, or are to take.
  package var bytes: UInt64
  /// nil for no bound.
  package var bytesMax: UInt64?

  package init(unfinished: Int, bytes: UInt64, bytesMax: UInt64?) {
    self.unfinished = unfinished
    self.bytes = bytes
    self.bytesMax = bytesMax
  }
}

/// The rooms that belong to a name.
package struct ControlModeratedRooms: Equatable, Sendable {
  package var owned: [Name]
  package var moderated: [Name]

  package init(owned: [Name] = [], moderated: [Name] = []) {
    self.owned = owned
    self.moderated = moderated
  }
}

/// What went with an account.
package struct ControlDeletedUser: Equatable, Sendable {
  package var name: Name
  /// False where its row in users.csv was gone already, and only what was kept for it was there.
  package var hadAccount: Bool
  /// How many were closed.
  package var sessions: Int
  /// Rooms that have no owner now, and rooms that have lost a moderator.
  package var rooms: ControlModeratedRooms
  /// Private messages that nobody will read.
  package var unread: Int

  package init(name: Name, hadAccount: Bool, sessions: Int, rooms: ControlModeratedRooms, unread: Int) {
    self.name = name
    self.hadAccount = hadAccount
    self.sessions = sessions
    self.rooms = rooms
    self.unread = unread
  }
}

package struct ControlSession: Equatable, Sendable {
  package var id: UInt64
  /// nil before it came in.
  package var user: Name?
  package var isGuest: Bool
  package var address: String
  package var dialect: Dialect
  package var room: Name?
  package var connected: Timestamp
  /// When its last line came.
  package var lastActive: Timestamp
  /// Bytes that wait for it to read.
  package var outboxBytes: Int
  /// What a connection does that is for the bytes of a file alone; it is in no room.
  package var transfer: ControlTransfer?

  package init(
    id: UInt64, user: Name?, isGuest: Bool, address: String, dialect: Dialect, room: Name?, connected: Timestamp,
    lastActive: Timestamp, outboxBytes: Int, transfer: ControlTransfer? = nil
  ) {
    self.id = id
    self.user = user
    self.isGuest = isGuest
    self.address = address
    self.dialect = dialect
    self.room = room
    self.connected = connected
    self.lastActive = lastActive
    self.outboxBytes = outboxBytes
    self.transfer = transfer
  }
}

/// The bytes of a file on their way.
package struct ControlTransfer: Equatable, Sendable {
  package var file: MessageID
  /// To the server.
  package var isUp: Bool

  package init(file: MessageID, isUp: Bool) {
    self.file = file
    self.isUp = isUp
  }
}

package struct ControlStatus: Equatable, Sendable {
  package var version: String
  package var pid: Int
  package var started: Timestamp
  package var now: Timestamp
  package var address: String
  package var data: String
  package var fsync: String
  package var sessions: Int
  /// Accounts and guests that are here.
  package var present: Int
  package var accounts: Int
  package var rooms: Int
  package var bans: Int
  package var mutes: Int
  /// Messages accepted since the start.
  package var messages: UInt64
  /// Bytes resident.
  package var memory: UInt64
  /// What clients can add at most to what the program and the data take; nil where a setting leaves that without a bound.
  package var memoryBound: UInt64?
  /// Password hashes that wait.
  package var pendingHashes: Int
  /// nil while records can be kept; else why not.
  package var recordingError: String?
  /// Edits of the files that are not taken over: `FILE:LINE: what is wrong, and how to mend it`.
  package var faults: [String]
  /// These five are nil where an older server does not tell them.
  package var rates: ControlRates?
  package var queues: ControlQueues?
  package var files: ControlFileUse?
  package var disk: ControlDisk?
  package var policy: ControlPolicy?

  package init(
    version: String, pid: Int, started: Timestamp, now: Timestamp, address: String, data: String, fsync: String,
    sessions: Int, present: Int, accounts: Int, rooms: Int, bans: Int = 0, mutes: Int = 0, messages: UInt64,
    memory: UInt64,
    memoryBound: UInt64? = nil, pendingHashes: Int, recordingError: String?, faults: [String] = [],
    rates: ControlRates? = nil, queues: ControlQueues? = nil, files: ControlFileUse? = nil, disk: ControlDisk? = nil,
    policy: ControlPolicy? = nil
  ) {
    self.version = version
    self.pid = pid
    self.started = started
    self.now = now
    self.address = address
    self.data = data
    self.fsync = fsync
    self.sessions = sessions
    self.present = present
    self.accounts = accounts
    self.rooms = rooms
    self.bans = bans
    self.mutes = mutes
    self.messages = messages
    self.memory = memory
    self.memoryBound = memoryBound
    self.pendingHashes = pendingHashes
    self.recordingError = recordingError
    self.faults = faults
    self.rates = rates
    self.queues = queues
    self.files = files
    self.disk = disk
    self.policy = policy
  }
}
