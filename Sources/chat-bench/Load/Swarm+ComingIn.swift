import POSIX
import Synchronization

extension Swarm {
  /// How many come in at a time.
  private static let comingIn_max = 100
  /// Connections from one address: well below what the ports of one allow.
  private static let clientsOfAddress_max = 5000
  /// How long nothing may happen while clients come in.
  private static let patience_ns: Int64 = 60_000_000_000
  /// When all are in and nothing has come for so long, the news of their coming in has been told.
  private static let quiet_ms: Int32 = 200

  /// So that no two clients of this process ever have a name in common: the server may not have noticed yet that an
  /// earlier one has gone.
  private static let swarms = Atomic<Int>(0)

  /// Connects the crowds' clients, sees each into its room, and waits until all is quiet.
  func comeIn(_ crowds: Crowd...) throws(BenchFailure) {
    let swarm = Swarm.swarms.add(1, ordering: .relaxed).newValue
    var progress_ns = SystemClock.monotonic_ns
    for crowd in crowds {
      for number in 0..<crowd.clients {
        while clients.count - readyCount >= Swarm.comingIn_max { try waitForOne(since: &progress_ns) }
        try connect(crowd, number, swarm: swarm)
      }
    }
    while readyCount < clients.count { try waitForOne(since: &progress_ns) }
    in_ns = SystemClock.monotonic_ns
    while try turn(patience_ms: Swarm.quiet_ms) > 0 {}
    for client in clients where !client.reads { ignore(client) }
  }

  private func connect(_ crowd: Crowd, _ number: Int, swarm: Int) throws(BenchFailure) {
    let index = clients.count
    let descriptor: FileDescriptor
    do throws(SocketFailure) {
      descriptor = try Socket.beginConnecting(host: subject.host, port: subject.port, from: source(of: index))
    } catch {
      throw .socket(error)
    }
    // A socket takes this option always.
    try? descriptor.setNoDelay()
    let client = Client(
      descriptor, index: index, name: "b\(CurrentProcess.id)-\(swarm)-\(index)", room: crowd.room(of: number),
      wire: crowd.wire(of: number), sends: crowd.sends(number), reads: crowd.reads)
    try add(client)
    say(client, client.wire.greeting(name: client.name, room: client.room).utf8)
  }

  /// The whole network 127 is this machine: from each of its addresses there is a port for tens of thousands.
  private func source(of index: Int) -> String? {
    guard subject.host.hasPrefix("127.") else { return nil }
    return "127.0.0.\(1 + index / Swarm.clientsOfAddress_max)"
  }

  private func waitForOne(since progress_ns: inout Int64) throws(BenchFailure) {
    let before = readyCount
    try turn(patience_ms: 1000)
    let now_ns = SystemClock.monotonic_ns
    if readyCount > before { progress_ns = now_ns }
    if now_ns - progress_ns > Swarm.patience_ns { throw .stalled("\(readyCount) of \(clients.count) have come in") }
  }
}
