import POSIX
import Synchronization

extension LoadGenerator {
  /// How many come in at a time: many, because there are servers that take a second for each lot.
  private static let pendingLogins_max = 500
  /// Of those, how many may not have heard anything yet and so may still stand in the server's queue of connections, listen(2).
  /// There are IRC servers that have one of ten. Where it overflows, the kernel tries again after one second, two, four …, and
  /// at last resets the connection.
  private var unheard_max: Int { target.isIRC ? 8 : LoadGenerator.pendingLogins_max }
  /// Connections from one address: well below what the ports of one allow.
  private static let clientsOfAddress_max = 5000
  /// How long nothing may happen while clients come in.
  private static let patience_ns: Int64 = 60_000_000_000
  /// When all are in and nothing has come for so long, the news of their coming in has been told: the count of a large
  /// room is told once a second, to everybody in it, which is work that would be taken for the load's.
  static let quiet_ms: Int32 = 1100

  private static let generators = Atomic<Int>(0)

  /// A name that no client of an earlier generator or of a process shortly before has: the server may not have noticed yet that
  /// it has gone. At most nine characters, because that is what IRC grants (RFC 2812, section 1.2.1).
  static func name(process: Int32, generator: Int, index: Int) -> String {
    let number = (Int(process) % 65536 * 256 + generator % 256) * 131_072 + index % 131_072
    return "b\(String(number, radix: 36))"
  }

  /// Connects the groups' clients, sees each into its room, and waits until all is quiet.
  func logIn(_ groups: ClientGroup..., quiet_ms: Int32 = LoadGenerator.quiet_ms) throws(BenchError) {
    let generator = LoadGenerator.generators.add(1, ordering: .relaxed).newValue
    var progress_ns = SystemClock.monotonic_ns
    for group in groups {
      for number in 0..<group.clients {
        while clients.count - readyCount >= LoadGenerator.pendingLogins_max || clients.count - heardCount >= unheard_max
        {
          try waitForOne(since: &progress_ns)
        }
        try connect(group, number, generator: generator)
      }
    }
    while readyCount < clients.count { try waitForOne(since: &progress_ns) }
    loggedIn_ns = SystemClock.monotonic_ns
    while try turn(timeout_ms: quiet_ms) > 0 {}
    for client in clients where !client.reads { ignore(client) }
  }

  private func connect(_ group: ClientGroup, _ number: Int, generator: Int) throws(BenchError) {
    let index = clients.count
    let descriptor: FileDescriptor
    do throws(SocketError) {
      descriptor = try Socket.beginConnecting(host: target.host, port: target.port, from: source(of: index))
    } catch {
      throw .socket(error)
    }
    // A socket takes this option always.
    try? descriptor.setNoDelay()
    let client = Client(
      descriptor, index: index,
      name: LoadGenerator.name(process: CurrentProcess.id, generator: generator, index: index),
      room: group.room(of: number), wire: group.wire(of: number), sends: group.sends(number), reads: group.reads)
    try add(client)
    say(client, client.wire.greeting(name: client.name, room: client.room).utf8)
  }

  /// The whole network 127 is this machine: from each of its addresses there is a port for tens of thousands.
  private func source(of index: Int) -> String? {
    guard target.host.hasPrefix("127.") else { return nil }
    return "127.0.0.\(1 + index / LoadGenerator.clientsOfAddress_max)"
  }

  private func waitForOne(since progress_ns: inout Int64) throws(BenchError) {
    let before = readyCount + heardCount
    try turn(timeout_ms: 1000)
    let now_ns = SystemClock.monotonic_ns
    if readyCount + heardCount > before { progress_ns = now_ns }
    if now_ns - progress_ns > LoadGenerator.patience_ns {
      throw .stalled("\(readyCount) of \(clients.count) have come in")
    }
  }
}
