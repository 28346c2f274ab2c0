package struct ControlSession: Equatable, Sendable {
  package var id: UInt64
  /// nil before login.
  package var user: Name?
  package var isGuest: Bool
  package var address: String
  package var dialect: Dialect
  package var room: Name?
  package var connected: Timestamp
  /// When its last line came.
  package var lastActive: Timestamp
  /// Bytes that its client has not read yet.
  package var outboxBytes: Int
  /// Set for a connection that only transfers a file; it is in no room.
  package var transfer: ControlTransfer?

  package init(
    id: UInt64, user: Name?, isGuest: Bool, address: String, dialect: Dialect, room: Name?, connected: Timestamp,
    lastActive: Timestamp, outboxBytes: Int, transfer: ControlTransfer? = nil
  ) {
    self.id = id
    self.user = user
    self.isGuest = isGuest
    self.address = address
    self.dialect = dialect
    self.room = room
    self.connected = connected
    self.lastActive = lastActive
    self.outboxBytes = outboxBytes
    self.transfer = transfer
  }
}

extension ControlSession: CodedRecord {
  package static let meaning = "a session"
  package static let blank = ControlSession(
    id: 0, user: nil, isGuest: false, address: "", dialect: .text, room: nil, connected: .first, lastActive: .first,
    outboxBytes: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &id)
    try coder.nullable("user", &user)
    try coder.flag("guest", &isGuest)
    try coder.field("address", &address)
    try coder.field("format", &dialect)
    try coder.nullable("room", &room)
    try coder.field("connected", &connected)
    try coder.field("last_active", &lastActive)
    try coder.field("outbox_bytes", &outboxBytes)
    try coder.nullable("transfer", &transfer)
  }
}

/// A file transfer in progress.
package struct ControlTransfer: Equatable, Sendable {
  package var file: MessageID
  /// To the server.
  package var isUp: Bool

  package init(file: MessageID, isUp: Bool) {
    self.file = file
    self.isUp = isUp
  }
}

extension ControlTransfer: CodedRecord {
  package static let meaning = "a transfer"
  package static let blank = ControlTransfer(file: 0, isUp: false)

  private enum Direction: String, CaseIterable, FieldValue { case up, down }

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    var direction = isUp ? Direction.up : .down
    try coder.field("direction", &direction)
    try coder.field("file", &file)
    isUp = direction == .up
  }
}
