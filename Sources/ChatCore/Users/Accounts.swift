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

  /// The name at an index from 0 to below `count`. The last account moves to the index of a removed one.
  func name(at place: Int) -> Name { rows[Int32(place)].name }

  package subscript(name: Name) -> Account? { rows[name] }
  package subscript(email: EmailAddress) -> Account? { slot(of: email).map { rows[$0] } }

  package func contains(_ name: Name) -> Bool { rows.slot(of: name) != nil }

  /// Adds an account with an unused name. Returns false, and adds nothing, if another account has its e-mail address.
  package mutating func addIfAddressIsFree(_ account: Account) -> Bool {
    if let email = account.email {
      let hash = email.hashValue
      if byEmail.slot(hash, where: { rows[$0].email == email }) != nil { return false }
      byEmail.insert(Int32(rows.count), hash)
    }
    rows.add(account)
    return true
  }

  /// Adds the account, or replaces the one of that name. Another account with its address loses the address.
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

  /// The last account moves to the index of the removed one.
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

  /// The accounts with a password typed by hand, in order. Of each other row only one byte is read.
  var withPlainPassword: [Account] {
    rows.filter { reader, bytes in Account.isPlain(&reader, in: bytes) }
  }
}

extension Accounts: Equatable, ExpressibleByArrayLiteral {
  /// The same rows in the same order.
  package static func == (left: Accounts, right: Accounts) -> Bool { left.elementsEqual(right) }

  package init(arrayLiteral accounts: Account...) { self.init(accounts) }
}

extension Account: PackedRow {
  private static let isOperator: UInt8 = 1
  private static let isDisabled: UInt8 = 2
  private static let hasEmail: UInt8 = 4
  private static let hasCreated: UInt8 = 8
  private static let hasPlainPassword: UInt8 = 16

  package func pack(into bytes: inout [UInt8]) {
    var flags: UInt8 = 0
    if role == .operator { flags |= Self.isOperator }
    if status == .disabled { flags |= Self.isDisabled }
    if email != nil { flags |= Self.hasEmail }
    if created != nil { flags |= Self.hasCreated }
    if password.plainSecret != nil { flags |= Self.hasPlainPassword }
    bytes.append(flags)
    if let email { bytes.append(packed: email.text) }
    if let created { bytes.append(packed: created) }
    bytes.append(packed: password)
  }

  package init(name: Name, unpacking reader: inout PackedReader, in bytes: Span<UInt8>) {
    let flags = reader.byte(in: bytes)
    let email = flags & Self.hasEmail == 0 ? nil : EmailAddress(reader.text(in: bytes))!
    let created = flags & Self.hasCreated == 0 ? nil : reader.time(in: bytes)
    self.init(
      name: name, password: reader.text(in: bytes), role: flags & Self.isOperator == 0 ? .user : .operator,
      status: flags & Self.isDisabled == 0 ? .active : .disabled, email: email, created: created)
  }

  /// Whether the bytes of a packed row after its name say that the password was typed by hand.
  static func isPlain(_ reader: inout PackedReader, in bytes: Span<UInt8>) -> Bool {
    reader.byte(in: bytes) & hasPlainPassword != 0
  }
}

extension UserState: PackedRow {
  private static let hasLastSeen: UInt8 = 1
  private static let isAway: UInt8 = 2
  private static let hasMarks: UInt8 = 4

  package func pack(into bytes: inout [UInt8]) {
    bytes.append(
      (lastSeen == nil ? 0 : Self.hasLastSeen) | (away == nil ? 0 : Self.isAway) | (marks.isEmpty ? 0 : Self.hasMarks))
    if let lastSeen { bytes.append(packed: lastSeen) }
    if let away { bytes.append(packed: away) }
    for names in [rooms, ignores] {
      bytes.append(packed: names.count)
      for name in names { bytes.append(packed: name.text) }
    }
    if marks.isEmpty { return }
    bytes.append(packed: marks.count)
    for mark in marks {
      bytes.append(packed: mark.room.text)
      bytes.append(packed: Int(clamping: mark.id))
      bytes.append(packed: Int(clamping: mark.messages))
    }
  }

  package init(name: Name, unpacking reader: inout PackedReader, in bytes: Span<UInt8>) {
    let flags = reader.byte(in: bytes)
    let lastSeen = flags & Self.hasLastSeen == 0 ? nil : reader.time(in: bytes)
    let away = flags & Self.isAway == 0 ? nil : reader.text(in: bytes)
    self.init(
      name: name, lastSeen: lastSeen, rooms: reader.names(in: bytes), away: away, ignores: reader.names(in: bytes),
      marks: flags & Self.hasMarks == 0 ? [] : reader.marks(in: bytes))
  }
}

extension PackedReader {
  fileprivate mutating func names(in bytes: Span<UInt8>) -> [Name] {
    (0..<count(in: bytes)).map { _ in name(in: bytes) }
  }

  fileprivate mutating func marks(in bytes: Span<UInt8>) -> [ReadMark] {
    (0..<count(in: bytes)).map { _ in
      ReadMark(room: name(in: bytes), id: MessageID(count(in: bytes)), messages: UInt64(count(in: bytes)))
    }
  }
}
