import ChatProtocol

/// A line that was sent and is not answered yet. The server answers every line with exactly one reply, in order, so a
/// queue of these tells what each reply is about.
enum PendingReply: Equatable, Sendable {
  case format
  /// `/login`, `/register` or `/guest`, sent by the client itself.
  case comingIn
  /// `/join` or `/switch` to the room that `--room` names, or into which a password was asked for.
  case enteringRoom(Name)
  case read
  /// `/rooms`, to know which there are.
  case survey
  /// `/info`, because nobody has told how many are in the room.
  case counting(Name)
  /// `/history`, to know where a room's past ends.
  case past(Name)
  case ping
  /// `/offer` and `/get`, for the transfer of this number.
  case offering(Int)
  case fetching(Int)
  /// `/files`, for what was shared while there was no connection.
  case missedFiles(since: Timestamp)
  /// Sent on the way back to where one was.
  case comingBack(ClientSession.ReconnectionStep)
  case quit
  case typed(TypedLine)

  var isTyped: Bool {
    if case .typed = self { true } else { false }
  }

  var missedSince: Timestamp? { if case .missedFiles(let since) = self { since } else { nil } }

  /// Whether the session asked only so that it can come back, or on its way back; that it is in again is news.
  var isForComingBack: Bool {
    switch self {
    case .past, .ping, .missedFiles: true
    case .comingBack(let step): step != .login
    default: false
    }
  }
}
