package import ChatProtocol

/// The accounts, found by name or e-mail.
package struct Accounts: Sendable {
  private var rows = PackedTable<Account>()
  private var byEmail = SlotIndex()

  package init() {}

  package init(_ accounts: some Sequence<Account>) {
    reserveCapacity(accounts.underestimatedCount)
    for account in accounts { set(account) }
  }

  package mutating func reserveCapacity(_ count: Int) {
    rows.reserveCapacity(count)
    byEmail.reserveCapacity(count)
  }

  package var count: Int { rows.count }

  /// The name at a place from 0 to below `count`. Where an account is removed, the last one moves to its place.
  func name(at place: Int) -> Name { rows[Int32(place)].name }

  package subscript(name: Name) -> Account? { rows[name] }
  package subscript(email: EmailAddress) -> Account? { slot(of: email).map { rows[$0] } }

  package func contains(_ name: Name) -> Bool { rows.slot(of: name) != nil }

  /// Adds an account whose name is not there; false, and nothing is added, where another has its e-mail address.
  package mutating func addIfAddressIsFree(_ account: Account) -> Bool {
    if let email = account.email {
      let hash = email.hashValue
      if byEmail.slot(hash, where: { rows[$0].email == email }) != nil { return false }
      byEmail.insert(Int32(rows.count), hash)
    }
    rows.add(account)
    return true
  }

  /// Adds the account, or puts it in the place of the one of that name. Whoever had its address has it no more.
  package mutating func set(_ account: Account) {
    let slot = rows.slot(of: account.name)
    if let slot {
      dropAddress(of: slot)
      rows.replace(slot, with: account)
    }
    if let email = account.email {
      if let other = self.slot(of: email) { byEmail.remove(other, email.hashValue) }
      byEmail.insert(slot ?? Int32(rows.count), email.hashValue)
    }
    if slot == nil { rows.add(account) }
  }

  /// Takes an account out; the last one moves to its place.
  package mutating func remove(_ name: Name) {
    guard let slot = rows.slot(of: name) else { return }
    dropAddress(of: slot)
    let last = Int32(rows.count - 1)
    if slot != last, let email = rows[last].email, self.slot(of: email) == last {
      byEmail.move(last, to: slot, email.hashValue)
    }
    rows.remove(slot)
  }

  private func slot(of email: EmailAddress) -> Int32? {
    byEmail.slot(email.hashValue) { rows[$0].email == email }
  }

  private mutating func dropAddress(of slot: Int32) {
    guard let email = rows[slot].email, self.slot(of: email) == slot else { return }
    byEmail.remove(slot, email.hashValue)
  }
}

extension Accounts: Sequence {
  package func makeIterator() -> PackedTable<Account>.Iterator { rows.makeIterator() }

  package var underestimatedCount: Int { count }

  /// Those whose password somebody typed into the file, in their order. Nothing else of the others is read.
  var withPlainPassword: [Account] {
    rows.filter { reader, bytes in Account.isPlain(&reader, in: bytes) }
  }
}

extension Accounts: Equatable, ExpressibleByArrayLiteral {
  /// The same rows in the same order.
  package static func == (left: Accounts, right: Accounts) -> Bool { left.elementsEqual(right) }

  package init(arrayLiteral accounts: Account...) { self.init(accounts) }
}
