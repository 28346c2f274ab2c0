/// A line from a client, decoded. The same in every dialect.
package enum Command: Equatable, Sendable {
  /// A line that is not a command: a message to the session's current room.
  case message(String)

  // Accounts and login.
  case register(Name, Secret, EmailAddress?)
  case login(LoginName, Secret)
  case changePassword(old: Secret, new: Secret)
  case logout
  case guest(Name)
  case nick(Name)
  case resume(token: Secret)

  // Queries.
  case rooms
  case info(room: Name?)
  /// Of a room, or of a user who is in a room with the caller.
  case who(Name?)
  case history(room: Name?, count: Int?)
  case historyFrom(room: Name, HistoryPlace)
  /// `/history @NAME …`, `/search @NAME …`: the private messages with a user.
  case conversation(with: Name, ConversationPage)
  /// In the current room.
  case search(String, before: MessageID? = nil)

  // Rooms.
  case create(Name, RoomAccess)
  case join(Name, Secret?)
  case leave(Name?)
  case switchRoom(Name)
  case delete(Name)
  /// nil asks for the topic; an empty one clears it (typed as `-`).
  case topic(String?)
  case kick(Name, reason: String?)
  case ban(Name)
  case unban(Name)
  case mute(Name)
  case unmute(Name)
  case op(Name)
  case deop(Name)
  /// nil asks the server for a generated password.
  case lock(Secret?)
  case unlock
  case invite(Name)
  case uninvite(Name)
  case hide
  case unhide

  // Messages.
  case say(room: Name, String)
  case action(String)
  case privateMessage(to: Name, String)
  case read(MessageID)
  case readRoom(Name, MessageID)
  case away(String?)
  /// nil asks for the list of ignored users.
  case ignore(Name?)
  case unignore(Name)

  // Files.
  /// In the current room.
  case offer(size: UInt64, cksum: UInt32, FileName)
  case files(room: Name?, before: MessageID? = nil)
  case get(MessageID, offset: UInt64)
  case unsend(MessageID)
  /// The raw bytes follow the line.
  case put(ticket: Secret)
  /// The raw bytes follow the reply.
  case take(ticket: Secret)

  // The connection.
  case format(Dialect)
  case ping(String?)
  case help(String?)
  case quit
}

/// How a login names its account.
package enum LoginName: Hashable, Sendable {
  case name(Name)
  case email(EmailAddress)
}

/// How users may join a new room.
package enum RoomAccess: Equatable, Sendable {
  case open
  case password(Secret)
  /// Locked with a password that the server generates and shows once.
  case generatedPassword
}

extension Command {
  /// The command's row.
  package var definition: CommandDefinition {
    switch self {
    case .message: .message
    case .register: .register
    case .login: .login
    case .changePassword: .passwd
    case .logout: .logout
    case .guest: .guest
    case .nick: .nick
    case .resume: .resume
    case .rooms: .rooms
    case .info: .info
    case .who: .who
    case .history, .historyFrom: .history
    case .conversation(with: _, .found), .search: .search
    case .conversation: .history
    case .create: .create
    case .join: .join
    case .leave: .leave
    case .switchRoom: .switch
    case .delete: .delete
    case .topic: .topic
    case .kick: .kick
    case .ban: .ban
    case .unban: .unban
    case .mute: .mute
    case .unmute: .unmute
    case .op: .op
    case .deop: .deop
    case .lock: .lock
    case .unlock: .unlock
    case .invite: .invite
    case .uninvite: .uninvite
    case .hide: .hide
    case .unhide: .unhide
    case .say: .say
    case .action: .me
    case .privateMessage: .msg
    case .read, .readRoom: .read
    case .away: .away
    case .ignore: .ignore
    case .unignore: .unignore
    case .offer: .offer
    case .files: .files
    case .get: .get
    case .unsend: .unsend
    case .put: .put
    case .take: .take
    case .format: .format
    case .ping: .ping
    case .help: .help
    case .quit: .quit
    }
  }

  /// What the server must know before it performs the command.
  package var flags: CommandFlags {
    let definition = definition
    return definition.exempt.map { definition.flags.subtracting($0(self)) } ?? definition.flags
  }

  /// The command's name in the reply to it.
  package var word: String { definition.answeredAs }
}
