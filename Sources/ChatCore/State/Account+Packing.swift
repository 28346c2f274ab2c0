package import ChatProtocol

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

  /// Whether a packed row behind its name says that the password was typed by hand.
  static func isPlain(_ reader: inout PackedReader, in bytes: Span<UInt8>) -> Bool {
    reader.byte(in: bytes) & hasPlainPassword != 0
  }
}
