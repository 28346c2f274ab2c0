import ChatProtocol
import JSON

/// What a client wants done, in this order.
enum ClientOutput: Equatable, Sendable {
  /// A line to the server, without its line end.
  case send(String)
  case show(Shown)
  /// A question before the next typed line.
  case ask(String)
  /// A question whose answer nobody may see.
  case askSecret(String)
  /// A line that was typed and that the server did not take, to be changed.
  case giveBack(String)
  /// The size and the checksum of a file, for the transfer of this number.
  case measure(Int, path: String)
  case upload(Int, path: String, ticket: Secret, offset: UInt64, size: UInt64)
  case download(Int, FetchedFile, wish: String?)
  /// The connection is of no use any more.
  case disconnect
  /// A new connection is to be made, the later the more attempts there were: 1 is the first.
  case connect(attempt: Int)
  /// The attempt that is waited for is to be made at once.
  case connectNow
  /// The end, with a sentence for standard error where it is no good one.
  case exit(ExitStatus, because: String? = nil)
}

/// Something for people, or for the program that reads standard output.
enum Shown: Equatable, Sendable {
  /// An event or a reply, seen by somebody.
  case event(ReceivedEvent, Viewpoint)
  /// An event as the server wrote it, for `--json`.
  case raw(JSONValue)
  /// A sentence of the client's own.
  case note(String)
  /// A sentence of the client's own about something that went wrong.
  case complaint(String)
}

/// Who looks at an event, and from which room: what is their own need not be named.
struct Viewpoint: Equatable, Sendable {
  var user: Name?
  /// The current room; nil before coming in, and where it is not known: then every room is named.
  var room: Name?
}
