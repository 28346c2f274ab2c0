import POSIX

/// Many clients of one server, driven by one thread over one epoll(7): one read for each socket that is ready, one write
/// for each client that has something to say in a turn.
///
/// It shares the machine with the server that it measures, so it does no more for a line than find its end and its mark.
final class LoadGenerator {
  let target: Target
  private(set) var clients: [Client] = []
  /// By room: how many are in it and read.
  private var readers: [Int: Int] = [:]
  private let poller: Poller
  private var ready: [PollerEvent] = []
  /// Clients with output, in the order they got it.
  private var speaking: [Client] = []

  /// What one read may take, behind the beginning of a line that the client kept.
  private static let readBytes = 256 << 10
  static let partialBytesMax = 64 << 10
  let buffer = ReceiveBuffer(bytes: LoadGenerator.partialBytesMax + LoadGenerator.readBytes)

  /// While a load runs: when it began. Before it, what comes is taken for the answers to coming in.
  var start_ns: Int64?
  var outcome = LoadResult()
  var heardCount = 0
  var readyCount = 0
  /// When the last one had come in.
  var loggedIn_ns: Int64 = 0

  init(_ target: Target) throws(BenchError) {
    self.target = target
    do throws(Errno) {
      poller = try Poller()
    } catch {
      throw .system("epoll_create1", error)
    }
  }

  // MARK: Members

  func add(_ client: Client) throws(BenchError) {
    precondition(client.index == clients.count, "clients are added in their order")
    do throws(Errno) {
      try poller.add(client.descriptor.rawValue, token: UInt64(client.index), interest: [.readable, .writable])
    } catch {
      throw .system("epoll_ctl", error)
    }
    clients.append(client)
    if client.reads { readers[client.room, default: 0] += 1 }
  }

  /// Nothing that comes for it is read from here on, and its end is not noticed.
  func ignore(_ client: Client) {
    // A descriptor that was added can be removed, once.
    try? poller.remove(client.descriptor.rawValue)
  }

  /// How often a message that this client sends is to be delivered.
  func deliveries(ofMessageFrom client: Client) -> Int {
    readers[client.room, default: 0] - (client.reads && !client.wire.echoes ? 1 : 0)
  }

  // MARK: A turn

  /// Waits, reads what has come, and sends what is to be sent. Returns how many bytes came.
  @discardableResult
  func turn(timeout_ms: Int32) throws(BenchError) -> Int {
    try flush()
    ready.removeAll(keepingCapacity: true)
    do throws(Errno) {
      try poller.wait(timeout_ms: timeout_ms) { ready.append($0) }
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

  /// Puts bytes behind what the client is to send next.
  func say(_ client: Client, _ bytes: some Sequence<UInt8>) {
    if client.output.isEmpty { speaking.append(client) }
    client.output.append(contentsOf: bytes)
  }

  private func flush() throws(BenchError) {
    for client in speaking where !client.isAwaitingWritable { try flush(client) }
    speaking.removeAll(keepingCapacity: true)
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

/// One connection of a load.
final class Client {
  /// Its place in the generator, and its name at the poller.
  let index: Int
  let descriptor: FileDescriptor
  let name: String
  let room: Int
  let wire: WireProtocol
  let sends: Bool
  let reads: Bool
  /// Whether anything has come from the server.
  var isHeard = false
  var isReady = false
  /// The beginning of a line whose end has not come.
  var partial: [UInt8] = []
  /// What is to be sent at the end of this turn, or what the kernel did not take.
  var output: [UInt8] = []
  /// From the beginning: a connection that is still being made is writable once it is.
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

/// Clients that do the same: how many, in which rooms, and how they speak.
struct ClientGroup: Equatable {
  var clients: Int
  /// By number; client `i` is in the room `rooms.first + i mod rooms.count`.
  var rooms: Range<Int>
  /// The first clients of each room, which take turns in sending.
  var sendersInEachRoom = 0
  /// Taken in turn by the clients of each room.
  var wires: [WireProtocol]
  /// Whether they read what they get; what others do not read is not counted.
  var reads = true

  func room(of client: Int) -> Int { rooms.lowerBound + client % rooms.count }
  func sends(_ client: Int) -> Bool { client / rooms.count < sendersInEachRoom }
  func wire(of client: Int) -> WireProtocol { wires[client / rooms.count % wires.count] }
}
