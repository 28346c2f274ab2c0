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
  let descriptor: FileDescriptor
  let name: String
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
  /// The output to send at the end of this turn, or that the kernel did not accept.
  var output: [UInt8] = []
  /// A connection in progress becomes writable once it is established.
  var isAwaitingWritable = true

  init(
    _ descriptor: consuming FileDescriptor, index: Int, name: String, room: Int, wire: WireProtocol, sends: Bool,
    reads: Bool
  ) {
    self.descriptor = descriptor
    self.index = index
    self.name = name
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
    do throws(Errno) {
      poller = try Poller()
    } catch {
      throw .system("epoll_create1", error)
    }
  }

  // MARK: Clients

  func add(_ client: Client) throws(BenchError) {
    precondition(client.index == clients.count, "clients are added in order")
    do throws(Errno) {
      try poller.add(client.descriptor.rawValue, token: UInt64(client.index), interest: [.readable, .writable])
    } catch {
      throw .system("epoll_ctl", error)
    }
    clients.append(client)
    if client.reads { readers[client.room, default: 0] += 1 }
  }

  /// Stops reading from it, so that its end is not noticed.
  func ignore(_ client: Client) { try? poller.remove(client.descriptor.rawValue) }

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
    if client.output.isEmpty { withOutput.append(client) }
    client.output.append(contentsOf: bytes)
  }

  private func flush() throws(BenchError) {
    for client in withOutput where !client.isAwaitingWritable { try flush(client) }
    withOutput.removeAll(keepingCapacity: true)
  }

  private func flush(_ client: Client) throws(BenchError) {
    do throws(Errno) {
      if !client.output.isEmpty {
        let taken = try client.descriptor.send(client.output) ?? 0
        client.output.removeFirst(taken)
      }
      let mustWait = !client.output.isEmpty
      if mustWait == client.isAwaitingWritable { return }
      client.isAwaitingWritable = mustWait
      try poller.modify(
        client.descriptor.rawValue, token: UInt64(client.index),
        interest: mustWait ? [.readable, .writable] : .readable)
    } catch {
      throw .connection(client.name, "\(error)")
    }
  }
}
