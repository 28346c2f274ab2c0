import POSIX

/// The user's or script's side of the client: the source of input lines, and the place to show output.
protocol ClientUI: AnyObject {
  /// Registers its descriptors with the loop's poller, with tokens from `tokenMin` up.
  func watch(with poller: borrowing Poller, tokensFrom tokenMin: UInt64, awaited: AwaitedInput) throws(Errno)

  /// How long the loop may wait for events; nil without limit.
  var patience_ms: Int32? { get }

  /// A descriptor is readable; nil if `patience_ms` have passed.
  func handle(_ token: UInt64?) throws(Errno)

  /// The next input for a session that awaits `awaited`; nil if there is none for now.
  func next(_ awaited: AwaitedInput) throws(Errno) -> ClientInput?

  func show(_ item: DisplayItem)
  /// Asks a question, which the next line answers.
  func ask(_ question: String)
  /// Asks for a password, which is not shown.
  func askPassword(_ question: String)
  /// Puts a line that the server refused back into the input.
  func restoreInput(_ line: String)
  func show(_ overview: Overview, _ names: KnownNames)
  /// Whether the user stopped all transfers since the last call.
  func takeTransferStop() -> Bool
  /// The input that the session has not taken, for the error at the end.
  func unreadInput() throws(Errno) -> UnreadInput
  /// Shows the error that ends the client, if there is one.
  func end(because reason: String?)

  /// Writes the output. What is typed from here on is for `awaited`: the user may answer a question as soon as they see it. Returns
  /// false if the output is closed.
  func flush(_ awaited: AwaitedInput) -> Bool
}
