import ChatProtocol

// Messages to rooms: the hot path.
extension Core {
  mutating func say(_ id: SessionID, inRoomNamed name: Name, _ text: String) {
    guard let slot = ownRoom(id, name, "message") else { return }
    say(id, in: slot, text, isAction: false)
  }

  mutating func say(_ id: SessionID, in slot: Int32, _ text: String, isAction: Bool) {
    let from = people[sessions[id].person!].name
    guard !rooms[slot].muted.contains(from) else {
      refuse(id, "message", .muted, "You are muted in \(rooms[slot].name); nobody there saw that.")
      return
    }
    messageCount += 1
    noteSaid(in: slot)
    let message = RoomMessage(id: makeID(), room: rooms[slot].name, from: from, text: text, isAction: isAction)
    var audience = rooms[slot].sessions
    if let ignorers = ignorers[from] { audience.removeAll { ignorers.contains(sessions[$0].person!) } }
    effects.append(.message(message, from: id, to: audience))
  }
}
