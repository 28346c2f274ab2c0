import ChatProtocol

/// What a person wants to have before their eyes all the time: where they are, what happens elsewhere, and how the connection
/// is.
struct Overview: Equatable, Sendable {
  /// A room one is in.
  struct Place: Equatable, Sendable {
    let room: Name
    /// nil until the server has told.
    var members: Int?
    /// Messages said there since one was last in it.
    var unread = 0
    /// Whether one of these names the one who reads.
    var isCalled = false
  }

  enum Connection: Equatable, Sendable {
    case connecting
    case connected
    /// `attempt` is the number of the next one.
    case lost(attempt: Int)
  }

  var connection = Connection.connecting
  /// How long until the next attempt to connect is made; nil while there is none to wait for.
  var nextAttempt_s: Int?
  var user: Name?
  /// nil before coming in, and where it is not known.
  var current: Name?
  /// In the order in which they were entered.
  private(set) var places: [Place] = []
  /// What was said and does not stand in the server's log yet.
  var unrecorded: [String] = []
  /// Files on their way; those that wait come last.
  var transfers: [TransferProgress] = []
  /// How long the server takes to answer; nil before it was measured.
  var lag_ms: Int64?

  subscript(room: Name) -> Place? { places.first { $0.room == room } }

  /// Also what one is in already is entered again after a new login.
  mutating func enter(_ rooms: [Name]) {
    let former = places
    places = rooms.map { room in former.first { $0.room == room } ?? Place(room: room) }
  }

  mutating func enter(_ room: Name) { if self[room] == nil { places.append(Place(room: room)) } }
  mutating func leave(_ room: Name) { places.removeAll { $0.room == room } }

  /// Nobody tells who comes and goes while there is no connection.
  mutating func forgetMembers() { for index in places.indices { places[index].members = nil } }

  mutating func change(_ room: Name, _ change: (inout Place) -> Void) {
    guard let index = places.firstIndex(where: { $0.room == room }) else { return }
    change(&places[index])
  }
}
