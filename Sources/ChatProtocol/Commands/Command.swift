/// What a client asks for: one line, decoded. The same in every dialect.
package enum Command: Equatable, Sendable {
  /// A line that is no command: a message to the session's current room.
  case message(String)

  // Coming in and going out.
  case register(Name, Secret, EmailAddress?)
  case login(LoginName, Secret)
  case changePassword(old: Secret, new: Secret)
  case logout
  case guest(Name)
  case resume(token: Secret)

  // Looking around.
  case rooms
  case info(room: Name?)
  case who(room: Name?)

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

  // Talking.
  case say(room: Name, String)
  case action(String)
  case privateMessage(to: Name, String)
  case read(MessageID)
  case away(String?)
  case ignore(Name)
  case unignore(Name)

  // The past.
  case history(room: Name?, count: Int?)
  case historyFrom(room: Name, Continuation)
  /// In the current room.
  case search(String, before: MessageID? = nil)

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

/// How a room that is being created lets people in.
package enum RoomAccess: Equatable, Sendable {
  case open
  case password(Secret)
  /// Locked with a password that the server makes and shows once.
  case generatedPassword
}
