import ChatProtocol

/// A file on its way, as the session sees it.
struct FileTransfer: Equatable, Sendable {
  enum Direction: Equatable, Sendable {
    case sending(path: String, room: Name)
    /// `wish`: where to, if the person said.
    case fetching(MessageID, wish: String?)
  }

  enum Step: Equatable, Sendable {
    /// Until then at least, and until its turn and a connection come.
    case waiting(until_ms: Int64)
    /// The file is looked at, or the server asked.
    case asking
    /// Its bytes travel.
    case running
  }

  let number: Int
  var direction: Direction
  /// What people call it.
  var name: String
  /// The line of input that asked for it; nil where nobody did.
  let line: Int?
  var step = Step.waiting(until_ms: 0)
  var size: UInt64 = 0
  var cksum: UInt32 = 0
  /// The number that the server gave to what is sent.
  var offered: MessageID?
  /// Connections that broke off since bytes went over one.
  var attempts = 0
  /// Why it waits, if that is worth knowing.
  var delay: String?

  var isSending: Bool { if case .sending = direction { true } else { false } }
  var isWaiting: Bool { if case .waiting = step { true } else { false } }
}

/// How far a file is.
struct TransferProgress: Equatable, Sendable {
  enum State: Equatable, Sendable {
    /// For its checksum; a size of 0 is not known yet.
    case reading(done: UInt64, size: UInt64)
    case waiting(String)
    case moving(done: UInt64, size: UInt64, bytesPerSecond: UInt64)
  }

  var name: String
  var isSending: Bool
  var state: State
}
