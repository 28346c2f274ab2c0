import POSIX

/// Clients with the same behaviour.
struct ClientGroup: Equatable {
  var clients: Int
  /// By number; client `i` is in the room `rooms.first + i mod rooms.count`.
  var rooms: Range<Int>
  /// The first clients of each room, which take turns in sending.
  var sendersInEachRoom = 0
  /// Taken in turn by the clients of each room.
  var wires: [WireProtocol]
  /// Whether they read their input. Unread messages are not counted.
  var reads = true

  func room(of client: Int) -> Int { rooms.lowerBound + client % rooms.count }
  func sends(_ client: Int) -> Bool { client / rooms.count < sendersInEachRoom }
  func wire(of client: Int) -> WireProtocol { wires[client / rooms.count % wires.count] }
}

/// One connection of a load.
final class Client {
  /// Its index in the generator, and its token at the poller.
  let index: Int
  let connection: ClientConnection
  let room: Int
  let wire: WireProtocol
  let sends: Bool
  let reads: Bool
  /// Whether anything has come from the server.
  var isHeard = false
  /// Whether it is in its room.
  var isReady = false
  /// The beginning of an incomplete line.
  var partial: [UInt8] = []

  var name: String { connection.name }

  init(
    _ connection: ClientConnection, index: Int, room: Int, wire: WireProtocol, sends: Bool, reads: Bool
  ) {
    self.connection = connection
    self.index = index
    self.room = room
    self.wire = wire
    self.sends = sends
    self.reads = reads
  }
}

/// Many clients of one server, driven by one thread over one epoll(7): one read for each socket that is ready, one
/// write for each client that has output in a turn.
///
/// It shares the machine with the server that it measures, so it does no more for a line than find its end and its
/// mark.
final class LoadGenerator {
  let target: Target
  private(set) var clients: [Client] = []
  /// By room: the number of clients that are in it and read.
  private var readers: [Int: Int] = [:]
  let connector: Connector
  private let poller: Poller
  private var ready: [PollerEvent] = []
  /// Clients with output, in order.
  private var withOutput: [Client] = []

  /// The size of one read, after the beginning of a line.
  private static let readBytes = 256 << 10
  static let partialBytesMax = 64 << 10
  let buffer = ReceiveBuffer(bytes: LoadGenerator.partialBytesMax + LoadGenerator.readBytes)

  /// When the load began, in nanoseconds. Before it, lines belong to the login.
  var startNanoseconds: Int64?
  var result = LoadResult()
  var heardCount = 0
  var readyCount = 0
  /// When the last one had logged in.
  var loggedInNanoseconds: Int64 = 0

  init(_ target: Target) throws(BenchError) {
    self.target = target
    connector = try Connector(target)
    do throws(Errno) {
      poller = try Poller()
    } catch {
      throw .system("epoll_create1", error)
    }
  }

  // MARK: Clients

  func add(_ client: Client) throws(BenchError) {
    precondition(client.index == clients.count, "clients are added in order")
    try client.connection.register(at: poller, token: UInt64(client.index))
    clients.append(client)
    if client.reads { readers[client.room, default: 0] += 1 }
  }

  /// Stops reading from it, so that its end is not noticed.
  func ignore(_ client: Client) { client.connection.remove(from: poller) }

  /// The number of deliveries of a message of this client.
  func deliveries(ofMessageFrom client: Client) -> Int {
    readers[client.room, default: 0] - (client.reads && !client.wire.echoes ? 1 : 0)
  }

  // MARK: A turn

  /// Sends output, waits, and reads. Returns the number of bytes received.
  @discardableResult
  func turn(waitMilliseconds: Int32) throws(BenchError) -> Int {
    try flush()
    ready.removeAll(keepingCapacity: true)
    do throws(Errno) {
      try poller.wait(timeoutMilliseconds: waitMilliseconds) { ready.append($0) }
    } catch {
      throw .system("epoll_wait", error)
    }
    var received = 0
    for event in ready {
      let client = clients[Int(event.token)]
      if event.isReadable || event.isHangup || event.isError { received += try read(client) }
      if event.isWritable { try flush(client) }
    }
    return received
  }

  /// Queues output of a client.
  func send(_ client: Client, _ bytes: some Sequence<UInt8>) {
    if client.connection.output.isEmpty { withOutput.append(client) }
    client.connection.output.append(contentsOf: bytes)
  }

  private func flush() throws(BenchError) {
    for client in withOutput where !client.connection.isAwaitingWritable { try flush(client) }
    withOutput.removeAll(keepingCapacity: true)
  }

  func flush(_ client: Client) throws(BenchError) {
    try client.connection.flush(poller, token: UInt64(client.index))
  }
}
