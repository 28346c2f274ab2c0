import ChatProtocol

/// An address that the person gave to a row.
struct MovingAddress: Sendable {
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

  mutating func takeOver(_ change: Edit.Change<Account>) {
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
    edit!.addresses.append(MovingAddress(name: now.name, email: email, row: recorded))
  }

  /// The person's row with the server's own changes to what the person did not touch.
  private mutating func merge(_ change: Edit.Change<Account>, _ now: Account, _ server: Account?) -> Account {
    guard let server else {
      noteTakenOver(
        ControlChange(
          file: "users.csv", user: now.name, change: .added, conflicts: change.was == nil ? [] : [ControlChange.removal]
        ))
      return now
    }
    let merging = change.merging(now, with: server)
    // A row that the person added while somebody registered that name: all of it is the person's.
    let conflicts = change.was == nil ? merging.changed : merging.conflicts
    if !merging.changed.isEmpty {
      noteTakenOver(
        ControlChange(
          file: "users.csv", user: now.name, change: .changed, fields: merging.changed, conflicts: conflicts))
    }
    return merging.merged
  }

  private mutating func put(_ account: Account) {
    if let person = present[account.name], people[person].isGuest {
      closeAll(
        account.name, reason: Core.closedByEdit,
        told: "\(account.name) is an account now; log in with its password, or choose another name.")
    }
    accounts.set(account)
    notePlainPassword(.account(account.name), account.password)
    if account.status == .disabled {
      closeAll(
        account.name, reason: Core.closedByEdit, told: "The account \(account.name) was disabled by the operator.")
    }
    enforceBans(on: account.name, by: Core.editor)
  }

  /// Gives an account the address that the person typed for it. Where somebody registered that meanwhile, it is the person's.
  mutating func give(_ moving: MovingAddress) {
    if let was = accounts[moving.email], was.name != moving.name {
      var other = was
      other.email = nil
      accounts.set(other)
      record(.account(other, was: was))
      noteTakenOver(ControlChange(file: "users.csv", user: other.name, change: .changed, conflicts: ["email"]))
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
    noteTakenOver(
      ControlChange(
        file: "users.csv", user: server.name, change: .removed,
        conflicts: change.was.map { server.differences(from: $0) } ?? [], copy: edit!.accountsRemoved))
    closeAll(server.name, reason: Core.closedByEdit, told: "The account \(server.name) was removed by the operator.")
    accounts.remove(server.name)
  }
}
