import ChatProtocol

// What belongs to a name rather than to somebody who is here: rooms, mail, memberships. An account that ends takes all of it
// along, so that whoever has the name next gets nothing of it.
extension Core {
  /// The rooms that a name owns or moderates, by name.
  func moderatedRoomNames(of name: Name) -> ControlModeratedRooms {
    var steered = ControlModeratedRooms()
    for slot in moderatedSlots(of: name) {
      if rooms[slot].owner == name {
        steered.owned.append(rooms[slot].name)
      } else {
        steered.moderated.append(rooms[slot].name)
      }
    }
    steered.owned.sort()
    steered.moderated.sort()
    return steered
  }

  /// Their places. Rooms are looked through as far as the last of them, and not at all for a name that has none.
  private func moderatedSlots(of name: Name) -> [Int32] {
    var left = ownershipCounts[name] ?? 0
    guard left > 0 else { return [] }
    var found: [Int32] = []
    for place in 0..<rooms.placeCount where left > 0 {
      let slot = Int32(place)
      guard rooms.isInUse(slot) else { continue }
      let count = (rooms[slot].owner == name ? 1 : 0) + (rooms[slot].moderators.contains(name) ? 1 : 0)
      if count > 0 { found.append(slot) }
      left -= count
    }
    return found
  }

  /// The rooms that a name owned are nobody's now, so that operators rule them, and those that it moderated have lost a moderator.
  mutating func removeOwnership(of name: Name) {
    for slot in moderatedSlots(of: name) {
      let was = rooms[slot].record
      if rooms[slot].owner == name {
        rooms[slot].owner = nil
        decrementOwnership(name)
      }
      if rooms[slot].moderators.remove(name) != nil { decrementOwnership(name) }
      recordRoom(slot, was: was)
      if was.owner == name { send(.room(rooms[slot].summary), to: rooms[slot].sessions) }
    }
  }

  /// Nothing of what `state.json` keeps for a name is left: memberships, what it ignores, mail. Nobody of that name is here.
  mutating func removeState(of name: Name) {
    let hadMail = unread.removeValue(forKey: name) != nil
    let was = offlineUsers[name]
    guard was != nil || hadMail else { return }
    for room in was?.rooms ?? [] {
      if let slot = roomsByName[room] { rooms[slot].absentMembers.remove(name) }
    }
    offlineUsers.remove(name)
    record(.userRemoved(was?.name ?? name))
  }

  /// Logins whose password is still being checked against what is in force no longer: they will be wrong.
  mutating func invalidateLogins(to name: Name) {
    for session in sessions.all {
      if case .login(let account, let token) = session.pending, account == name {
        sessions[session.id].pending = .login(account: nil, token: token)
      }
    }
  }

  /// An operator cannot be kept from a room; somebody who is none any more leaves those that banned them.
  mutating func enforceBans(on name: Name, by: String) {
    guard let person = present[name] else { return }
    for slot in people[person].rooms where isBanned(people[person], from: rooms[slot]) {
      enforceBan(name, of: slot, by: by)
    }
  }

  mutating func closeAll(_ name: Name, reason: String, message: String) {
    guard let person = present[name] else { return }
    for session in people[person].sessions { close(session, reason: reason, message: message) }
  }
}
