import ChatProtocol

/// The accounts, found by name or e-mail.
struct Accounts: Sendable {
  private var entries: [Account] = []
  private var byName: [Name: Int32] = [:]
  private var byEmail: [EmailAddress: Int32] = [:]

  init(_ accounts: [Account]) {
    entries.reserveCapacity(accounts.count)
    byName.reserveCapacity(accounts.count)
    for account in accounts { set(account) }
  }

  var count: Int { entries.count }
  var all: [Account] { entries }

  subscript(name: Name) -> Account? { byName[name].map { entries[Int($0)] } }
  subscript(email: EmailAddress) -> Account? { byEmail[email].map { entries[Int($0)] } }

  func contains(_ name: Name) -> Bool { byName[name] != nil }

  /// Adds the account, or puts it in the place of the one of that name.
  mutating func set(_ account: Account) {
    if let slot = byName[account.name] {
      if let email = entries[Int(slot)].email { byEmail[email] = nil }
      entries[Int(slot)] = account
      if let email = account.email { byEmail[email] = slot }
    } else {
      let slot = Int32(entries.count)
      entries.append(account)
      byName[account.name] = slot
      if let email = account.email { byEmail[email] = slot }
    }
  }

  /// Takes an account out; the last one moves to its place.
  mutating func remove(_ name: Name) {
    guard let slot = byName.removeValue(forKey: name) else { return }
    if let email = entries[Int(slot)].email { byEmail[email] = nil }
    let last = entries.removeLast()
    guard last.name != name else { return }
    entries[Int(slot)] = last
    byName[last.name] = slot
    if let email = last.email { byEmail[email] = slot }
  }

  /// Takes an account's e-mail address from it.
  mutating func dropEmail(of name: Name) {
    guard var account = self[name], account.email != nil else { return }
    account.email = nil
    set(account)
  }
}
