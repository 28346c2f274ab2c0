import ChatProtocol

/// A file on its way, as the session sees it.
struct FileTransfer: Equatable, Sendable {
  enum Direction: Equatable, Sendable {
    case sending(path: String, room: Name)
    /// `wish`: where to, if the person said.
    case fetching(MessageID, wish: String?)
  }

  let number: Int
  let direction: Direction
  /// What people call it.
  var name: String
  var size: UInt64 = 0
  var cksum: UInt32 = 0
  /// Connections that broke off.
  var attempts = 0
  /// It goes on once there is a connection.
  var isWaiting = false

  var isSending: Bool { if case .sending = direction { true } else { false } }
}

/// How far a file is.
struct TransferProgress: Equatable, Sendable {
  var name: String
  var isSending: Bool
  var done: UInt64
  var size: UInt64
  var bytesPerSecond: UInt64
}
