import ChatCore
import ChatProtocol

/// What a flush found out about the sessions it visited.
struct FlushOutcome {
  /// The kernel refused bytes: tell when it takes some again.
  var blocked: [SessionID] = []
  /// All that was refused has been taken since.
  var unblocked: [SessionID] = []
  /// More waits than may.
  var overflowed: [SessionID] = []
  /// The connection is broken.
  var lost: [SessionID] = []
  /// Private messages to sessions of the text dialect whose bytes the kernel took.
  var takenMessages: [(recipient: Name, message: MessageID)] = []
}

/// A private message that counts as read once the kernel has taken the session's bytes up to `offset`.
struct TakenMark {
  /// Whose message it is: by the time the bytes are taken somebody else may be logged in there.
  var recipient: Name
  var message: MessageID
  var offset: Int
}

/// What became of bytes that were offered to the kernel.
enum SendResult: Equatable {
  /// It took that many, perhaps none.
  case taken(Int)
  /// It takes none any more.
  case lost
}
