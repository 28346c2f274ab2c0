package import ChatProtocol

// Which rooms are busy, and what else the operator watches.
extension Core {
  /// A message was said in the room.
  mutating func noteSaid(in slot: Int32) {
    if rooms[slot].pace.said == 0 { noteSpeaker(slot) }
    rooms[slot].pace.said += 1
  }

  private mutating func noteSpeaker(_ slot: Int32) {
    if busyRooms.speakers.count >= RoomActivity.speakers_max { reckonPaces() }
    busyRooms.speakers.append(slot)
  }

  mutating func reckonPaces() {
    if busyRooms.speakers.isEmpty { return }
    let second = steady.milliseconds / 1000
    // A place may be another room's by now, or stand here twice because of that.
    for slot in busyRooms.speakers where rooms.isInUse(slot) { rooms[slot].pace.reckon(at: second) }
    var leaders: [(slot: Int32, pace: Float)] = []
    func consider(_ slot: Int32) {
      guard rooms.isInUse(slot) else { return }
      let pace = rooms[slot].pace.perMinute(at: second)
      if leaders.count == RoomActivity.leaders_max, pace <= leaders[leaders.count - 1].pace { return }
      if leaders.contains(where: { $0.slot == slot }) { return }
      if leaders.count == RoomActivity.leaders_max { leaders.removeLast() }
      leaders.insert((slot, pace), at: leaders.firstIndex { $0.pace < pace } ?? leaders.count)
    }
    for slot in busyRooms.leaders { consider(slot) }
    for slot in busyRooms.speakers { consider(slot) }
    busyRooms.leaders = leaders.map(\.slot)
    busyRooms.speakers.removeAll(keepingCapacity: true)
  }

  /// Those in which something was said lately, the busiest first.
  mutating func busiestRooms() -> [ControlBusyRoom] {
    reckonPaces()
    let second = steady.milliseconds / 1000
    let busy = busyRooms.leaders.lazy.filter { [rooms] in rooms.isInUse($0) }.map { [rooms] slot in
      ControlBusyRoom(
        room: rooms[slot].name, members: rooms[slot].memberCount,
        messagesPerMinute: Int(rooms[slot].pace.perMinute(at: second).rounded()))
    }
    return Array(busy.filter { $0.messagesPerMinute > 0 }.prefix(ControlTop.rows_max))
  }

  var status: CoreStatus {
    CoreStatus(
      sessions: sessions.count, present: people.count, accounts: accounts.count, rooms: rooms.count,
      bans: restrictions.count(of: .ban), mutes: restrictions.count(of: .mute), messages: messageCount,
      files: fileUse, recordingError: recordingError)
  }

  /// What the core knows of a session; nil of one that is gone or closing.
  package func controlSession(of id: SessionID) -> ControlSession? {
    sessions.contains(id) ? controlSession(sessions[id]) : nil
  }
}
