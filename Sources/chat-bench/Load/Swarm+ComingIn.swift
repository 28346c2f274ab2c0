import POSIX
import Synchronization

extension Swarm {
  /// How many come in at a time: many, because there are servers that take a second for each lot.
  private static let comingIn_max = 500
  /// Of those, how many may not have heard anything yet and so may still stand in the server's queue of connections, listen(2).
  /// There are IRC servers that have one of ten. Where it overflows, the kernel tries again after one second, two, four …, and
  /// at last resets the connection.
  private var unheard_max: Int { subject.isIRC ? 8 : Swarm.comingIn_max }
  /// Connections from one address: well below what the ports of one allow.
  private static let clientsOfAddress_max = 5000
  /// How long nothing may happen while clients come in.
  private static let patience_ns: Int64 = 60_000_000_000
  /// When all are in and nothing has come for so long, the news of their coming in has been told: the count of a large
  /// room is told once a second, to everybody in it, which is work that would be taken for the load's.
  static let quiet_ms: Int32 = 1100

  private static let swarms = Atomic<Int>(0)

  /// A name that no client of an earlier swarm or of a process shortly before has: the server may not have noticed yet that
  /// it has gone. At most nine characters, because that is what IRC grants (RFC 2812, section 1.2.1).
  static func name(process: Int32, swarm: Int, index: Int) -> String {
    let number = (Int(process) % 65536 * 256 + swarm % 256) * 131_072 + index % 131_072
    return "b\(String(number, radix: 36))"
  }

  /// Connects the crowds' clients, sees each into its room, and waits until all is quiet.
  func comeIn(_ crowds: Crowd..., quiet_ms: Int32 = Swarm.quiet_ms) throws(BenchError) {
    let swarm = Swarm.swarms.add(1, ordering: .relaxed).newValue
    var progress_ns = SystemClock.monotonic_ns
    for crowd in crowds {
      for number in 0..<crowd.clients {
        while clients.count - readyCount >= Swarm.comingIn_max || clients.count - heardCount >= unheard_max {
          try waitForOne(since: &progress_ns)
        }
        try connect(crowd, number, swarm: swarm)
      }
    }
    while readyCount < clients.count { try waitForOne(since: &progress_ns) }
    in_ns = SystemClock.monotonic_ns
    while try turn(patience_ms: quiet_ms) > 0 {}
    for client in clients where !client.reads { ignore(client) }
  }

  private func connect(_ crowd: Crowd, _ number: Int, swarm: Int) throws(BenchError) {
    let index = clients.count
    let descriptor: FileDescriptor
    do throws(SocketError) {
      descriptor = try Socket.beginConnecting(host: subject.host, port: subject.port, from: source(of: index))
    } catch {
      throw .socket(error)
    }
    // A socket takes this option always.
    try? descriptor.setNoDelay()
    let client = Client(
      descriptor, index: index, name: Swarm.name(process: CurrentProcess.id, swarm: swarm, index: index),
      room: crowd.room(of: number), wire: crowd.wire(of: number), sends: crowd.sends(number), reads: crowd.reads)
    try add(client)
    say(client, client.wire.greeting(name: client.name, room: client.room).utf8)
  }

  /// The whole network 127 is this machine: from each of its addresses there is a port for tens of thousands.
  private func source(of index: Int) -> String? {
    guard subject.host.hasPrefix("127.") else { return nil }
    return "127.0.0.\(1 + index / Swarm.clientsOfAddress_max)"
  }

  private func waitForOne(since progress_ns: inout Int64) throws(BenchError) {
    let before = readyCount + heardCount
    try turn(patience_ms: 1000)
    let now_ns = SystemClock.monotonic_ns
    if readyCount + heardCount > before { progress_ns = now_ns }
    if now_ns - progress_ns > Swarm.patience_ns { throw .stalled("\(readyCount) of \(clients.count) have come in") }
  }
}
