import ChatProtocol

extension AdminText {
  /// What a dry run tells, and what is asked about before it is done.
  func wouldBe(_ reply: ControlReply) -> [String] {
    guard case .filesDeleted(let files) = reply else { return [wouldBeOne(reply)] }
    return files.map { "would delete \(description(of: $0)) and tell the room" }
  }

  private func wouldBeOne(_ reply: ControlReply) -> String {
    switch reply {
    case .roomDeleted(let room, let members):
      "would delete room \(room) and move \(counted(members, "member")) to lobby"
    case .roomKicked(let room, let user, _): "would put \(user) out of \(room)"
    case .userChanged(let user, let fields, let sessions, _):
      fields.isEmpty ? "\(user) is disabled already" : "would disable \(user) and close \(counted(sessions, "session"))"
    case .userDeleted(let deleted): wouldDelete(deleted)
    case .userKicked(let user, let sessions): "would kick \(user) and close \(counted(sessions, "session"))"
    case .restricted(let restricted): wouldRestrict(restricted)
    case .sessionClosed(let session, let user):
      "would close session \(session)" + (user.map { " of \($0)" } ?? ", which has not come in")
    case .stopping: "would tell everybody, save everything and stop the server"
    default: preconditionFailure("this verb knows no dry run")
    }
  }

  private func wouldDelete(_ deleted: ControlDeletedUser) -> String {
    var parts = [
      deleted.hadAccount
        ? "close \(counted(deleted.sessions, "session"))" : "give free the name, whose row is gone already"
    ]
    if deleted.unread > 0 { parts.append("drop \(counted(deleted.unread, "unread message"))") }
    if !deleted.rooms.owned.isEmpty { parts.append("leave \(names(deleted.rooms.owned)) without an owner") }
    if !deleted.rooms.moderated.isEmpty { parts.append("take a moderator from \(names(deleted.rooms.moderated))") }
    return "would delete user \(deleted.name): \(parts.joined(separator: ", "))"
  }
}
