/// What `chat-admin` asks of a running server over the control socket: one JSON object a line,
/// `{"id":1,"verb":"rooms create","room":"ops","open":true}`.
package enum ControlRequest: Equatable, Sendable {
  case roomsList
  case roomsInfo(Name)
  case roomsCreate(Name, RoomAccess)
  case roomsDelete(Name)
  case roomsSet(Name, ControlRoomChange)
  case roomsMembers(Name)
  case roomsKick(Name, user: Name, reason: String?)
  case usersList
  case usersInfo(Name)
  case usersAdd(ControlNewUser)
  /// nil for a password that the server makes up.
  case usersPasswd(Name, Secret?)
  case usersSet(Name, ControlUserChange)
  /// `reason` is told to whoever is here with the account.
  case usersDisable(Name, reason: String?)
  case usersEnable(Name)
  case usersDelete(Name)
  case usersKick(Name, reason: String?)
  /// The same as `bansAdd` of that name, and `bansRemove`.
  case usersBan(Name, ControlTerms)
  case usersUnban(Name)
  case usersMute(Name, ControlTerms)
  case usersUnmute(Name)
  case bansList
  case bansAdd(Restriction.Subject, ControlTerms)
  case bansRemove(Restriction.Subject)
  case sessionsList
  case sessionsClose(UInt64, reason: String?)
  /// nil: those of all rooms.
  case filesList(room: Name?)
  /// All of them or, where there is one that is not there, none.
  case filesDelete([MessageID])
  case say(ControlAudience, String)
  /// `messages`, `log` or `watch`, by the query's form.
  case readLog(ControlLogQuery)
  case status
  /// The status, and who makes it so.
  case top
  case settingsShow
  case save
  /// A consistent copy of the data folder. Behind the answer the archive follows, and then the server closes the connection.
  case backup
  /// Look for hand edits in the files now, and open the log anew. `force`: take over also an edit that drops more than
  /// half of the accounts or rooms.
  case reload(force: Bool)
  /// What `reload` would find wrong; nothing is taken over.
  case check
  /// `reason` is told to everybody.
  case stop(reason: String?)
  /// What would this one do? Nothing is done. Only for those in `destructive`.
  indirect case dryRun(ControlRequest)
}

/// Whom the operator says something to.
package enum ControlAudience: Equatable, Sendable {
  case room(Name)
  case user(Name)
  case all
}
