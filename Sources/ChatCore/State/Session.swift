import ChatProtocol

/// A connection as the rules see it.
struct Session: Sendable {
  let id: SessionID
  let address: String
  /// Where limits for an address are counted.
  let network: Network
  let connected: SteadyTime
  var dialect: Dialect = .text
  /// Who it is: a place in `Core.people`; nil before it came in.
  var person: Int32?
  /// The room that plain lines go to: a place in `Core.rooms`. Means something only with a `person`.
  var current: Int32 = 0
  /// Where it stands in the `sessions` of each room it is in, so that leaving a room of thousands costs no search.
  var seats: [Seat] = []
  /// What a later connection names to take this one's place.
  var resumeToken: Secret?
  /// What it asked for and waits for the world to answer; no command comes meanwhile.
  var pending: Pending?

  init(id: SessionID, address: String, connected: SteadyTime) {
    self.id = id
    self.address = address
    network = Network(of: address)
    self.connected = connected
  }

  struct Seat: Sendable {
    var room: Int32
    var position: Int32
  }
}

/// What a session waits for, and what is needed to go on when the answer comes.
enum Pending: Sendable {
  /// `account` is nil where none has that name or address: the answer will be no, after the same work.
  case login(account: Name?, token: Secret)
  case register(Name, EmailAddress?, token: Secret)
  case oldPassword(new: Secret)
  case newPassword
  case join(Name)
  case create(Name, shown: Secret?)
  case lock(Name, shown: Secret?)
  /// A page of the room's past, for the command of this name.
  case history(Name, command: String)
  /// The disk is looked at, or an upload that is to end; then the ticket is given out.
  case offer(MessageID, ticket: Secret)
  case get(MessageID, offset: UInt64, ticket: Secret)
  case take(Ticket)
}
