import ChatProtocol

/// What a client session was started with.
struct ClientSettings: Equatable, Sendable {
  /// Where the server is, as people are told: `127.0.0.1:7777`.
  var server: String
  /// Whom to log in; nil asks.
  var name: LoginName?
  /// The room to enter after coming in.
  var room: Name?
  /// From CHAT_PASSWORD; an empty one counts as none.
  var password: Secret?
  /// Somebody sits there who can be asked. Otherwise input is a script's: taken a line at a time, each after the
  /// acknowledgement of the one before, and an error tells in the exit status.
  var isInteractive: Bool
  /// What one types stands on the screen already, so that the echo of an own message is not shown again.
  var seesOwnTyping: Bool
  /// Rooms and members are before the eyes of somebody all the time.
  var hasOverview = false
  /// Where files go that others share, unasked.
  var acceptsFilesIn: String? = nil
  /// A connection that is lost is made again.
  var comesBack = false
  /// How long that is tried; nil: for as long as somebody watches.
  var patience_ms: Int64? = nil
  /// Events go to standard output as the server wrote them.
  var isJSON: Bool
}
