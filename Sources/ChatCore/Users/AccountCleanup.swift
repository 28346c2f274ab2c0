import ChatProtocol

// Data of a name: rooms, mail, memberships. It is removed with the account, so that the next user of the name inherits
// nothing.
extension Core {
  /// The rooms that a name owns or moderates, by name.
  func moderatedRooms(of name: Name) -> ControlRoomRoles {
    var moderated = ControlRoomRoles()
    for slot in rooms.moderated(by: name) {
      if rooms[slot].owner == name {
        moderated.owned.append(rooms[slot].name)
      } else {
        moderated.moderated.append(rooms[slot].name)
      }
    }
    moderated.owned.sort()
    moderated.moderated.sort()
    return moderated
  }

  /// Rooms that the name owned have no owner now, so that operators moderate them.
  mutating func removeOwnership(of name: Name) {
    endInvitations(of: name)
    for slot in rooms.moderated(by: name) {
      let wasOwner = rooms[slot].owner == name
      changeRoom(slot) { rooms in
        if wasOwner { rooms.removeOwner(of: slot) }
        _ = rooms.removeModerator(name, from: slot)
      }
      if wasOwner { send(.room(rooms[slot].summary), to: rooms[slot].sessions) }
    }
  }

  /// Removes everything in `state.json` about a name that is offline.
  mutating func removeState(of name: Name) {
    let was = offline[name]
    guard offline.remove(name) else { return }
    for room in was?.rooms ?? [] {
      if let slot = rooms.slot(of: room) { rooms[slot].absentMembers.remove(name) }
    }
    record(.userRemoved(was?.name ?? name))
    // An account that has left no state has neither sent a private message nor read one.
    pasts[name] = nextID
    record(.pastBegins(name, at: nextID))
  }

  /// Fails logins whose password is being checked against an outdated hash.
  mutating func invalidateLogins(to name: Name) {
    for session in sessions.all {
      if case .login(let account, let token) = session.pending, account == name {
        sessions[session.id].wait(for: .login(account: nil, token: token))
      }
    }
  }

  /// Kicks a user who is no longer an operator from rooms that banned them.
  mutating func enforceBans(on name: Name, by: String) {
    guard let user = users.slot(of: name) else { return }
    for slot in users[user].rooms where isBanned(users[user], from: rooms[slot]) {
      enforceBan(on: name, in: slot, by: by)
    }
  }
}
