/// Clients that do the same: how many, in which rooms, and how they speak.
struct Crowd: Equatable {
  var clients: Int
  /// By number; client `i` is in the room `rooms.first + i mod rooms.count`.
  var rooms: Range<Int>
  /// The first clients of each room, which take turns in sending.
  var sendersInEachRoom = 0
  /// Taken in turn by the clients of each room.
  var wires: [Wire]
  /// Whether they read what they get; what others do not read is not counted.
  var reads = true

  func room(of client: Int) -> Int { rooms.lowerBound + client % rooms.count }
  func sends(_ client: Int) -> Bool { client / rooms.count < sendersInEachRoom }
  func wire(of client: Int) -> Wire { wires[client / rooms.count % wires.count] }
}
