import ChatProtocol

/// What happens to a client, in the order in which it happens.
enum ClientInput: Equatable, Sendable {
  /// A line from the server, without its line end.
  case received([UInt8])
  /// The server sent a line longer than any that the protocol has.
  case receivedTooLong
  /// A line from standard input, without its line end: something to send, or the answer to `ClientOutput.ask`.
  case typed(String)
  /// A line of standard input that cannot be sent, and why.
  case typedUnusable(because: String)
  case endOfInput
  /// A signal that ends the client.
  case terminated
  /// The answer to `ClientOutput.askSecret`; nil where there was none (Ctrl-D, Ctrl-C).
  case secret(Secret?)
  /// The connection ended, for this reason where the system gives one.
  case connectionEnded(String?)
  /// The server has let the time pass that a client waits for an answer without which it cannot go on.
  case noAnswer
  /// Answers `ClientOutput.connect`.
  case connected
  case notConnected
  /// Answers `ClientOutput.measure`. `path` is what was meant by the one that was typed.
  case measured(Int, path: String, size: UInt64, cksum: UInt32)
  /// Answers `ClientOutput.download`: so many bytes of the file are here already.
  case partIsThere(Int, UInt64)
  /// `moved`: bytes that went over this connection.
  case transferEnded(Int, TransferEnd, moved: UInt64 = 0)
  /// The person wants no file to go on.
  case filesStopped
  /// The time of `ClientSession.filesDue_ms` has come.
  case filesDue
  /// The connection was lost for as long as the settings allow. So much of the input waits.
  case outOfPatience(UnreadLines)
  /// About ten seconds have passed.
  case tick
}
