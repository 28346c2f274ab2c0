import ChatProtocol

// Entries of rooms.json that somebody added, changed or took out by hand.
extension Core {
  /// Who did it, where a person changed a file.
  static let editor = "the operator"

  mutating func takeOver(_ change: Edit.Change<RoomRecord>) {
    if let now = change.now ?? (change.name == .lobby ? RoomRecord(name: .lobby) : nil) {
      for (standing, name) in now.moderatorsWithout(accounts)
      where change.was?.owner != name && change.was?.moderators.contains(name) != true {
        log(
          "warning", [.init("file", "rooms.json"), .init("room", now.name.text)],
          text: "\(name), \(standing) of \(now.name), has no account; add it to users.csv, or write another name")
      }
      if let slot = roomsByName[now.name] {
        merge(change, now, slot)
      } else {
        add(change, now)
      }
    } else {
      remove(change)
    }
  }

  private mutating func add(_ change: Edit.Change<RoomRecord>, _ now: RoomRecord) {
    addRoom(Room(now))
    if change.isRecent { record(.room(now, was: nil)) }
    noteTakenOver(
      ControlChange(
        file: "rooms.json", room: now.name, change: .added, conflicts: change.was == nil ? [] : [ControlChange.removal])
    )
    notePlainPassword(.room(now.name), now.password)
  }

  private mutating func remove(_ change: Edit.Change<RoomRecord>) {
    // A guest's room stands in no file, so nobody can have taken it out of one.
    guard let slot = roomsByName[change.name], !rooms[slot].isTemporary else { return }
    let server = rooms[slot].record
    if change.isRecent { record(.roomRemoved(was: server)) }
    noteTakenOver(
      ControlChange(
        file: "rooms.json", room: server.name, change: .removed,
        conflicts: change.was.map { server.differences(from: $0) } ?? [], copy: edit!.roomsRemoved))
    deleteRoom(slot, by: Core.editor)
  }

  private mutating func merge(_ change: Edit.Change<RoomRecord>, _ now: RoomRecord, _ slot: Int32) {
    let server = rooms[slot].record
    let isNew = change.was == nil && !rooms[slot].isLobby
    let merging = change.merging(now, with: server)
    if !merging.changed.isEmpty {
      noteTakenOver(
        ControlChange(
          file: "rooms.json", room: now.name, change: .changed, fields: merging.changed,
          conflicts: isNew ? merging.changed : merging.conflicts))
    }
    if change.isRecent, change.now != nil { record(.room(now, was: server)) }
    replace(slot, with: merging.merged)
    if change.now != nil, !merging.merged.differences(from: now).isEmpty { recordRoom(slot, was: now) }
    notePlainPassword(.room(now.name), merging.merged.password)
    tellOfChange(slot, before: server, by: Core.editor)
  }

  /// `isTemporary`: what a guest made stays a guest's.
  mutating func replace(_ slot: Int32, with record: RoomRecord, isTemporary: Bool = false) {
    for name in rooms[slot].ownerAndModerators { dropOwnershipCount(name) }
    rooms[slot].name = record.name
    rooms[slot].topic = record.topic
    rooms[slot].owner = record.owner
    rooms[slot].password = record.password
    rooms[slot].created = record.created
    rooms[slot].firstID = record.firstID
    rooms[slot].moderators = NameList(record.moderators)
    rooms[slot].banned = NameList(record.banned)
    rooms[slot].muted = NameList(record.muted)
    // A guest's room that the person wrote into the file is there to stay.
    if rooms[slot].isTemporary, !isTemporary { keepRoom(slot) }
    for name in rooms[slot].ownerAndModerators { ownershipCounts[name, default: 0] += 1 }
  }

  private mutating func keepRoom(_ slot: Int32) {
    rooms[slot].isTemporary = false
    if let network = rooms[slot].network { forgetGuestRoom(of: network) }
    rooms[slot].network = nil
    for session in rooms[slot].sessions {
      let person = sessions[session].person!
      guard people[person].sessions.first == session, !people[person].isGuest else { continue }
      people[person].unrecorded.join(rooms[slot].name)
      keep(person)
    }
  }

  mutating func tellOfChange(_ slot: Int32, before: RoomRecord, by: String) {
    let room = rooms[slot]
    if room.topic != before.topic {
      send(.topic(room: room.name, text: room.topic, by: by), to: room.sessions)
    }
    if room.owner != before.owner || room.isLocked != (before.password != nil) {
      send(.room(room.summary), to: room.sessions)
    }
    for name in room.banned.names where !before.banned.contains(name) { shutOut(name, of: slot, by: by) }
  }
}

extension Room {
  /// Everybody whose name is reserved because of this room.
  fileprivate var ownerAndModerators: [Name] { [owner].compactMap(\.self) + moderators.names }
}
