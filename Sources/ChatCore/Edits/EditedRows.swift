import ChatProtocol

/// An address that the edit gives to a row.
struct ReassignedAddress: Sendable {
  let name: Name
  let email: EmailAddress
  /// The row as recorded.
  let row: Account
}

// Rows of users.csv that were added, changed or removed by hand.
//
// An address may move from one row to another within the edit: each row that had it loses it in its turn, and the new
// row gets it after the last one. Inputs that look up an address wait meanwhile.
extension Core {
  /// The actor that events name for a hand edit.
  private static let editor = "the operator"
  private static let closedByEdit = "closed by \(editor)"

  mutating func apply(_ change: Edit.Change<Account>) {
    guard let now = change.now else {
      remove(change)
      return
    }
    let server = accounts[now.name]
    let merged = merge(change, now, server)
    var recorded = now
    if change.isRecorded(over: server) {
      // The server has changed the row too, perhaps in the journal, so the edit is recorded first, and then the merged
      // row.
      record(.account(now, was: server))
      recordMerged(merged, now)
      recorded = merged
    }
    guard let email = merged.email, server?.email != email else {
      set(merged)
      recordMerged(merged, recorded)
      return
    }
    var account = merged
    account.email = nil
    set(account)
    edits.active!.addresses.append(ReassignedAddress(name: now.name, email: email, row: recorded))
  }

  /// The edited row, with the server's changes of the fields that were not edited.
  private mutating func merge(_ change: Edit.Change<Account>, _ now: Account, _ server: Account?) -> Account {
    guard let server else {
      report(
        ControlChange(
          file: "users.csv", user: now.name, change: .added,
          conflicts: change.was == nil ? [] : [ControlChange.removal]))
      return now
    }
    let merging = change.merging(now, with: server)
    // The edited row wins over an account that was registered meanwhile.
    let conflicts = change.was == nil ? merging.changed : merging.conflicts
    if !merging.changed.isEmpty {
      report(
        ControlChange(
          file: "users.csv", user: now.name, change: .changed, fields: merging.changed, conflicts: conflicts))
    }
    return merging.merged
  }

  private mutating func set(_ account: Account) {
    if let user = users[account.name], user.isGuest {
      closeAll(of: account.name, reason: Core.closedByEdit, message: Core.accountReplacesGuest(account.name))
    }
    accounts.set(account)
    queuePlainPassword(.account(account.name), account.password)
    if account.status == .disabled {
      closeAll(
        of: account.name, reason: Core.closedByEdit,
        message: "The account \(account.name) was disabled by the operator.")
    }
    enforceBans(on: account.name, by: Core.editor)
  }

  /// The edit wins over an account that was registered with the address meanwhile.
  mutating func apply(_ address: ReassignedAddress) {
    if let was = accounts[address.email], was.name != address.name {
      var other = was
      other.email = nil
      accounts.set(other)
      record(.account(other, was: was))
      report(ControlChange(file: "users.csv", user: other.name, change: .changed, conflicts: ["email"]))
    }
    var account = accounts[address.name]!
    account.email = address.email
    accounts.set(account)
    recordMerged(account, address.row)
  }

  /// The file has the edited row, which the record replaces.
  private mutating func recordMerged(_ merged: Account, _ row: Account) {
    if !merged.differences(from: row).isEmpty { record(.account(merged, was: row)) }
  }

  private mutating func remove(_ change: Edit.Change<Account>) {
    guard let server = accounts[change.name] else { return }
    if change.isRecorded(over: server) { record(.accountRemoved(was: server)) }
    report(
      ControlChange(
        file: "users.csv", user: server.name, change: .removed,
        conflicts: change.was.map { server.differences(from: $0) } ?? [], copy: edits.active!.accountsRemoved))
    closeAll(
      of: server.name, reason: Core.closedByEdit, message: "The account \(server.name) was removed by the operator.")
    accounts.remove(server.name)
  }
}

// Entries of rooms.json that were added, changed or removed by hand.
extension Core {
  mutating func apply(_ change: Edit.Change<RoomRecord>) {
    guard let now = change.now ?? (change.name == .lobby ? RoomRecord(name: .lobby) : nil) else {
      remove(change)
      return
    }
    for (role, name) in now.moderatorsWithout(accounts)
    where change.was?.owner != name && change.was?.moderators.contains(name) != true {
      log(
        "warning", ["file": "rooms.json", "room": now.name.text],
        text: "\(name), \(role) of \(now.name), has no account; add it to users.csv, or write another name")
    }
    if let slot = rooms.slot(of: now.name) {
      merge(change, now, slot)
    } else {
      rooms.insert(Room(now))
      if change.isRecorded(over: nil) { record(.room(now, was: nil)) }
      report(
        ControlChange(
          file: "rooms.json", room: now.name, change: .added,
          conflicts: change.was == nil ? [] : [ControlChange.removal]))
      queuePlainPassword(.room(now.name), now.password)
    }
  }

  private mutating func remove(_ change: Edit.Change<RoomRecord>) {
    // A guest's room is in no file, so no edit removes it.
    guard let slot = rooms.slot(of: change.name), !rooms[slot].isTemporary else { return }
    let server = rooms[slot].record
    report(
      ControlChange(
        file: "rooms.json", room: server.name, change: .removed,
        conflicts: change.was.map { server.differences(from: $0) } ?? [], copy: edits.active!.roomsRemoved))
    deleteRoom(slot, by: Core.editor)
  }

  private mutating func merge(_ change: Edit.Change<RoomRecord>, _ now: RoomRecord, _ slot: RoomSlot) {
    let server = rooms[slot].record
    let isNew = change.was == nil && !rooms[slot].isLobby
    let merging = change.merging(now, with: server)
    if !merging.changed.isEmpty {
      report(
        ControlChange(
          file: "rooms.json", room: now.name, change: .changed, fields: merging.changed,
          conflicts: isNew ? merging.changed : merging.conflicts))
    }
    let isRecorded = change.isRecorded(over: server)
    if isRecorded { record(.room(now, was: server)) }
    rooms.replace(slot, with: merging.merged)
    makePermanent(slot)
    if isRecorded || change.now != nil, !merging.merged.differences(from: now).isEmpty { recordRoom(slot, was: now) }
    queuePlainPassword(.room(now.name), merging.merged.password)
    announceChange(slot, before: server, by: Core.editor)
  }

  /// Makes a guest's room permanent, with its members: it was added to the file, or the guest has an account now.
  mutating func makePermanent(_ slot: RoomSlot) {
    guard rooms[slot].isTemporary else { return }
    rooms.makePermanent(slot)
    rooms[slot].guestModerator = nil
    for user in members(of: slot) where !users[user].isGuest {
      users[user].unrecordedChange.join(rooms[slot].name)
      recordChange(of: user)
    }
  }
}
