import ChatProtocol

/// An address that the person gave to a row.
struct ReassignedAddress: Sendable {
  let name: Name
  let email: EmailAddress
  /// The row as the records have it.
  let row: Account
}

// Rows of users.csv that somebody added, changed or took out by hand.
//
// An address that goes from one row to another within the edit collides with nobody: each is taken from the row that had it when
// that row's turn comes, and given to the one that gets it after the last row. Whoever asks meanwhile whose an address is waits.
extension Core {
  private static let closedByEdit = "closed by \(editor)"

  mutating func apply(_ change: Edit.Change<Account>) {
    guard let now = change.now else {
      remove(change)
      return
    }
    let server = accounts[now.name]
    let merged = merge(change, now, server)
    let recorded = change.isRecent ? recordEdit(now, server, merged) : now
    guard let email = merged.email, server?.email != email else {
      put(merged)
      recordMerged(merged, recorded)
      return
    }
    var account = merged
    account.email = nil
    put(account)
    edit!.addresses.append(ReassignedAddress(name: now.name, email: email, row: recorded))
  }

  /// The person's row with the server's own changes to what the person did not touch.
  private mutating func merge(_ change: Edit.Change<Account>, _ now: Account, _ server: Account?) -> Account {
    guard let server else {
      reportChange(
        ControlChange(
          file: "users.csv", user: now.name, change: .added, conflicts: change.was == nil ? [] : [ControlChange.removal]
        ))
      return now
    }
    let merging = change.merging(now, with: server)
    // A row that the person added while somebody registered that name: all of it is the person's.
    let conflicts = change.was == nil ? merging.changed : merging.conflicts
    if !merging.changed.isEmpty {
      reportChange(
        ControlChange(
          file: "users.csv", user: now.name, change: .changed, fields: merging.changed, conflicts: conflicts))
    }
    return merging.merged
  }

  private mutating func put(_ account: Account) {
    if let person = present[account.name], people[person].isGuest {
      closeAll(
        account.name, reason: Core.closedByEdit,
        message: "\(account.name) is an account now; log in with its password, or choose another name.")
    }
    accounts.set(account)
    queuePlainPassword(.account(account.name), account.password)
    if account.status == .disabled {
      closeAll(
        account.name, reason: Core.closedByEdit, message: "The account \(account.name) was disabled by the operator.")
    }
    enforceBans(on: account.name, by: Core.editor)
  }

  /// Gives an account the address that the person typed for it. Where somebody registered that meanwhile, it is the person's.
  mutating func setAddress(_ moving: ReassignedAddress) {
    if let was = accounts[moving.email], was.name != moving.name {
      var other = was
      other.email = nil
      accounts.set(other)
      record(.account(other, was: was))
      reportChange(ControlChange(file: "users.csv", user: other.name, change: .changed, conflicts: ["email"]))
    }
    var account = accounts[moving.name]!
    account.email = moving.email
    accounts.set(account)
    recordMerged(account, moving.row)
  }

  /// The file holds the person's row, so that is what the record replaces.
  private mutating func recordMerged(_ merged: Account, _ row: Account) {
    if !merged.differences(from: row).isEmpty { record(.account(merged, was: row)) }
  }

  /// The journal holds changes of the row that this edit comes after: it follows them there, and what was merged into it.
  private mutating func recordEdit(_ now: Account, _ server: Account?, _ merged: Account) -> Account {
    record(.account(now, was: server))
    recordMerged(merged, now)
    return merged
  }

  private mutating func remove(_ change: Edit.Change<Account>) {
    guard let server = accounts[change.name] else { return }
    if change.isRecent { record(.accountRemoved(was: server)) }
    reportChange(
      ControlChange(
        file: "users.csv", user: server.name, change: .removed,
        conflicts: change.was.map { server.differences(from: $0) } ?? [], copy: edit!.accountsRemoved))
    closeAll(server.name, reason: Core.closedByEdit, message: "The account \(server.name) was removed by the operator.")
    accounts.remove(server.name)
  }
}

// Entries of rooms.json that somebody added, changed or took out by hand.
extension Core {
  /// Who did it, where a person changed a file.
  static let editor = "the operator"

  mutating func apply(_ change: Edit.Change<RoomRecord>) {
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
    reportChange(
      ControlChange(
        file: "rooms.json", room: now.name, change: .added, conflicts: change.was == nil ? [] : [ControlChange.removal])
    )
    queuePlainPassword(.room(now.name), now.password)
  }

  private mutating func remove(_ change: Edit.Change<RoomRecord>) {
    // A guest's room stands in no file, so nobody can have taken it out of one.
    guard let slot = roomsByName[change.name], !rooms[slot].isTemporary else { return }
    let server = rooms[slot].record
    if change.isRecent { record(.roomRemoved(was: server)) }
    reportChange(
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
      reportChange(
        ControlChange(
          file: "rooms.json", room: now.name, change: .changed, fields: merging.changed,
          conflicts: isNew ? merging.changed : merging.conflicts))
    }
    if change.isRecent, change.now != nil { record(.room(now, was: server)) }
    replace(slot, with: merging.merged)
    if change.now != nil, !merging.merged.differences(from: now).isEmpty { recordRoom(slot, was: now) }
    queuePlainPassword(.room(now.name), merging.merged.password)
    announceChange(slot, before: server, by: Core.editor)
  }

  /// `isTemporary`: what a guest made stays a guest's.
  mutating func replace(_ slot: Int32, with record: RoomRecord, isTemporary: Bool = false) {
    for name in rooms[slot].ownerAndModerators { decrementOwnership(name) }
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
    if rooms[slot].isTemporary, !isTemporary { makePermanent(slot) }
    for name in rooms[slot].ownerAndModerators { ownershipCounts[name, default: 0] += 1 }
  }

  private mutating func makePermanent(_ slot: Int32) {
    rooms[slot].isTemporary = false
    if let network = rooms[slot].network { forgetGuestRoom(of: network) }
    rooms[slot].network = nil
    for session in rooms[slot].sessions {
      let person = sessions[session].person!
      guard people[person].sessions.first == session, !people[person].isGuest else { continue }
      people[person].unrecordedChange.join(rooms[slot].name)
      recordUser(person)
    }
  }

  mutating func announceChange(_ slot: Int32, before: RoomRecord, by: String) {
    let room = rooms[slot]
    if room.topic != before.topic {
      send(.topic(room: room.name, text: room.topic, by: by), to: room.sessions)
    }
    if room.owner != before.owner || room.isLocked != (before.password != nil) {
      send(.room(room.summary), to: room.sessions)
    }
    for name in room.banned.names where !before.banned.contains(name) { enforceBan(name, of: slot, by: by) }
  }
}

extension Room {
  /// Everybody whose name is reserved because of this room.
  fileprivate var ownerAndModerators: [Name] { [owner].compactMap(\.self) + moderators.names }
}
