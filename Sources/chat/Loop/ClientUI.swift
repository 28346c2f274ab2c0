import POSIX

/// The side of a client that faces whoever uses it: where lines come from, and where what happens is shown.
protocol ClientUI: AnyObject {
  /// Has its descriptors watched by the loop, with tokens from `tokenMin` up.
  func watch(with poller: borrowing Poller, tokensFrom tokenMin: UInt64, awaited: AwaitedInput) throws(Errno)

  /// How long the loop may wait for something to happen; nil for ever.
  var patience_ms: Int32? { get }

  /// One of its descriptors has something to be read. Called with nil where `patience_ms` have passed.
  func take(_ token: UInt64?) throws(Errno)

  /// What whoever uses the client did, for the session, which is in `awaited`; nil once there is nothing more for now.
  func next(_ awaited: AwaitedInput) throws(Errno) -> ClientInput?

  func show(_ shown: Shown)
  /// A question that is answered by the next line.
  func ask(_ question: String)
  /// A question whose answer nobody may see.
  func askSecret(_ question: String)
  /// A line that was said and that the server refused to take, for whoever said it to change.
  func giveBack(_ line: String)
  func show(_ overview: Overview, _ names: KnownNames)
  /// Whether whoever uses the client wants what goes on to stop, since this was last asked.
  func takeStop() -> Bool
  /// What whoever uses the client has typed or written, and the session has not taken.
  func unreadLines() throws(Errno) -> UnreadLines
  /// The last words, if there are any.
  func end(because reason: String?)

  /// Writes what is to be seen, once what is typed from here on is for `awaited`: an answer may be typed as soon as its question is
  /// seen. False if nobody can be shown anything any more.
  func flush(_ awaited: AwaitedInput) -> Bool
}
