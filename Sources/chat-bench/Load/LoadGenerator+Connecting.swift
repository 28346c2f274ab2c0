import POSIX
import Synchronization

// Connecting and logging in.
extension LoadGenerator {
  /// How many clients log in at a time: many, because some servers take a second for each batch.
  private static let pendingLoginsMax = 500
  /// How many of those may have received nothing yet, and so may be in the server's accept queue (listen(2)). Some IRC
  /// servers have a queue of ten. When it overflows, the kernel tries again after 1, 2, 4 … seconds, and at last resets
  /// the connection.
  private var unheardMax: Int { target.isIRC ? 8 : LoadGenerator.pendingLoginsMax }
  /// Connections from one address: well below the number of its ports.
  private static let clientsPerAddressMax = 5000
  /// The timeout without any progress while clients log in.
  private static let loginTimeout: Int64 = 60_000_000_000
  /// After all logins and this time without input, the server has announced the members: in a large room it does so
  /// once a second, which would otherwise count as part of the load.
  static let quietMilliseconds: Int32 = 1100

  private static let generators = Atomic<Int>(0)

  /// A name that no client of an earlier generator, or of a process shortly before, has: the server may not have
  /// noticed yet that it is gone. At most nine characters, which is what IRC grants (RFC 2812, section 1.2.1).
  static func name(process: Int32, generator: Int, index: Int) -> String {
    let number = (Int(process) % 65536 * 256 + generator % 256) * 131_072 + index % 131_072
    return "b\(String(number, radix: 36))"
  }

  /// Connects the clients, waits until each is in its room, and until nothing more comes.
  func logIn(
    _ groups: ClientGroup..., quietMilliseconds: Int32 = LoadGenerator.quietMilliseconds
  ) throws(BenchError) {
    let generator = LoadGenerator.generators.add(1, ordering: .relaxed).newValue
    var progress = SystemClock.monotonicNanoseconds
    for group in groups {
      for number in 0..<group.clients {
        while clients.count - readyCount >= LoadGenerator.pendingLoginsMax || clients.count - heardCount >= unheardMax {
          try waitForOne(since: &progress)
        }
        try connect(group, number, generator: generator)
      }
    }
    while readyCount < clients.count { try waitForOne(since: &progress) }
    loggedInNanoseconds = SystemClock.monotonicNanoseconds
    while try turn(waitMilliseconds: quietMilliseconds) > 0 {}
    for client in clients where !client.reads { ignore(client) }
  }

  private func connect(_ group: ClientGroup, _ number: Int, generator: Int) throws(BenchError) {
    let index = clients.count
    let connection = try connector.connect(
      as: LoadGenerator.name(process: CurrentProcess.id, generator: generator, index: index),
      from: 1 + index / LoadGenerator.clientsPerAddressMax)
    let client = Client(
      connection, index: index,
      room: group.room(of: number), wire: group.wire(of: number), sends: group.sends(number), reads: group.reads)
    try add(client)
    send(client, client.wire.login(name: client.name, room: client.room).utf8)
    // A chat-server takes a local client that says nothing for 200 ms for one without TLS.
    if target.isTLS { try flush(client) }
  }

  private func waitForOne(since progress: inout Int64) throws(BenchError) {
    let before = readyCount + heardCount
    try turn(waitMilliseconds: 1000)
    let now = SystemClock.monotonicNanoseconds
    if readyCount + heardCount > before { progress = now }
    if now - progress > LoadGenerator.loginTimeout {
      throw .stalled("\(readyCount) of \(clients.count) have logged in")
    }
  }
}
