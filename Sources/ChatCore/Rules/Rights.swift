import ChatProtocol

extension Core {
  /// What somebody may do in a room. Rights belong to accounts: a guest has none, whatever its name.
  func standing(of person: Person, in room: Room) -> RoomMember.Standing {
    if person.isGuest { return .member }
    if room.owner == person.name { return .owner }
    if room.moderators.contains(person.name) { return .moderator }
    return isOperator(person) ? .operator : .member
  }

  func isOperator(_ person: Person) -> Bool {
    !person.isGuest && accounts[person.name]?.role == .operator
  }

  /// A banned user sees nothing of a room; an operator cannot be kept from one.
  func isBanned(_ person: Person, from room: Room) -> Bool {
    room.banned.contains(person.name) && !isOperator(person)
  }

  /// Whether the past, the members and the files of a room are for this one.
  func maySee(_ room: Room, _ slot: Int32, _ person: Person) -> Bool {
    !room.isLocked || person.rooms.contains(slot) || standing(of: person, in: room) != .member
  }

  /// In `lobby` an operator may mute and set the topic, and nobody anything else.
  ///
  /// The session's current room, where its person may steer it; else the refusal has been sent.
  mutating func roomToModerate(_ id: SessionID, _ command: Command) -> Int32? {
    let slot = sessions[id].current
    let room = rooms[slot]
    let person = people[sessions[id].person!]
    if room.isLobby {
      let operatorMay =
        switch command {
        case .mute, .unmute, .topic: isOperator(person)
        default: false
        }
      guard operatorMay else {
        refuse(
          id, command.word, .notInLobby,
          "lobby takes everybody and belongs to nobody, so that cannot be done there; /switch to a room of yours first."
        )
        return nil
      }
      return slot
    }
    guard standing(of: person, in: room) != .member else {
      refuse(
        id, command.word, .notPermitted,
        room.isTemporary
          ? "\(room.name) was made by a guest and belongs to nobody; /create a room of your own."
          : "Only the owner and the moderators of \(room.name) may do that; ask \(room.owner?.text ?? "an operator").")
      return nil
    }
    return slot
  }
}
