import ChatProtocol

// Rows of users.csv that somebody added, changed or took out by hand.
extension Core {
  private static let closedByEdit = "closed by \(editor)"

  private struct EditedAccount {
    /// As the person left it.
    var row: Account
    /// With the server's own changes to what the person did not touch.
    var merged: Account
    var takesEmail: Bool
  }

  mutating func takeOver(accounts changes: [Edit.Change<Account>]) {
    var edited: [EditedAccount] = []
    for change in changes {
      if let now = change.now {
        edited.append(merge(change, now))
      } else {
        remove(change)
      }
    }
    // An address that goes from one row to another within the edit collides with nobody: all that move are put down first.
    for account in edited where accounts[account.row.name]?.email != account.merged.email {
      accounts.dropEmail(of: account.row.name)
    }
    // Where two rows end with the same address, the one that the person typed stays.
    for account in edited where !account.takesEmail { put(account) }
    for account in edited where account.takesEmail { put(account) }
  }

  private mutating func merge(_ change: Edit.Change<Account>, _ now: Account) -> EditedAccount {
    guard let server = accounts[now.name] else {
      noteTakenOver(
        ControlChange(
          file: "users.csv", user: now.name, change: .added, gaveWay: change.was == nil ? [] : [ControlChange.removal]))
      return EditedAccount(row: now, merged: now, takesEmail: now.email != nil)
    }
    let merging = Merging(was: change.was ?? server, now: now, server: server)
    // A row that the person added while somebody registered that name: all of it is the person's.
    let gaveWay = change.was == nil ? merging.changed : merging.gaveWay
    if !merging.changed.isEmpty {
      noteTakenOver(
        ControlChange(file: "users.csv", user: now.name, change: .changed, fields: merging.changed, gaveWay: gaveWay))
    }
    return EditedAccount(row: now, merged: merging.merged, takesEmail: merging.changed.contains("email"))
  }

  private mutating func put(_ account: EditedAccount) {
    let merged = account.merged
    if let person = present[merged.name], people[person].isGuest {
      closeAll(
        merged.name, reason: Core.closedByEdit,
        told: "\(merged.name) is an account now; log in with its password, or choose another name.")
    }
    // Somebody may have registered the address while the person typed it.
    if let email = merged.email, let was = accounts[email], was.name != merged.name {
      var other = was
      other.email = nil
      accounts.set(other)
      record(.account(other, was: was))
      noteTakenOver(ControlChange(file: "users.csv", user: other.name, change: .changed, gaveWay: ["email"]))
    }
    accounts.set(merged)
    // The file holds the person's row, so that is what the record replaces.
    if !merged.differences(from: account.row).isEmpty { record(.account(merged, was: account.row)) }
    notePlainPassword(.account(merged.name), merged.password)
    if merged.status == .disabled {
      closeAll(
        merged.name, reason: Core.closedByEdit, told: "The account \(merged.name) was disabled by the operator.")
    }
    enforceBans(on: merged.name, by: Core.editor)
  }

  private mutating func remove(_ change: Edit.Change<Account>) {
    guard let server = accounts[change.name] else { return }
    noteTakenOver(
      ControlChange(
        file: "users.csv", user: server.name, change: .removed,
        gaveWay: change.was.map { server.differences(from: $0) } ?? []))
    closeAll(server.name, reason: Core.closedByEdit, told: "The account \(server.name) was removed by the operator.")
    accounts.remove(server.name)
  }
}
