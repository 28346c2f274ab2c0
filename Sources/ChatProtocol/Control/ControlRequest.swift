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
  case sessionsList
  case status
  case save
  /// Look for hand edits in the files now, and open the log anew. `force`: take over also an edit that drops more than
  /// half of the accounts or rooms.
  case reload(force: Bool)
  /// `reason` is told to everybody.
  case stop(reason: String?)
}
