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
  case exit(ExitStatus)
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
  /// The current room; nil before coming in.
  var room: Name?
}
