import JSON
import POSIX
import Synchronization
import Testing

@testable import chat_bench

/// Small real loads on the server and on the broadcast loop. Their speed does not matter: a
/// machine passes if it delivers everything.
@Suite(.serialized) struct LoadTests {
  private let cleanup = Cleanup()

  private func server(tls: Bool = false) throws -> ServerProcess {
    let path = try ServerProcess.program(beside: "chat-server")
    return try ServerProcess(chatServer: path, tls: tls, cleanup) { (folder) throws(BenchError) in
      try DataFiles.writeRooms(3, to: folder)
      try DataFiles.writeUsers(5, to: folder)
    }
  }

  @Test(arguments: [[WireProtocol.text], [.json], [.text, .json]], [false, true])
  func `all messages are delivered and counted`(wires: [WireProtocol], overTLS: Bool) throws {
    let server = try server(tls: overTLS)
    let generator = try LoadGenerator(server.target)
    try generator.logIn(
      ClientGroup(clients: 12, rooms: 0..<2, sendersInEachRoom: 2, wires: wires),
      ClientGroup(clients: 3, rooms: 2..<3, wires: wires), quietMilliseconds: 10)
    let outcome = try generator.run(Schedule(pace: .window(8), end: .messages(300)))
    // The first four clients send, two in each room of six.
    let each = (0..<4).map { wires[$0 / 2 % wires.count] == .json ? 6 : 5 }
    #expect(outcome.sent == 300)
    #expect(outcome.expected == 75 * each.reduce(0, +))
    #expect(outcome.lost == 0)
    #expect(Int(outcome.latencies.count) == outcome.delivered)
    #expect(outcome.elapsedNanoseconds > 0 && outcome.cpuNanoseconds != nil)
    // The same clients again, at a fixed rate.
    #expect(try generator.run(Schedule(pace: .rate(2000), end: .messages(100))).lost == 0)
  }

  @Test(arguments: [false, true])
  func `the broadcast loop delivers to all clients, the sender too`(overTLS: Bool) throws {
    let loop = try ServerProcess(broadcastLoop: cleanup, tls: overTLS)
    let generator = try LoadGenerator(loop.target)
    try generator.logIn(
      ClientGroup(clients: 10, rooms: 0..<1, sendersInEachRoom: 4, wires: [.bare]), quietMilliseconds: 10)
    let outcome = try generator.run(Schedule(pace: .window(8), end: .messages(300)))
    #expect(outcome.expected == 3000 && outcome.lost == 0)
  }

  @Test(arguments: [false, true])
  func `connections are made at the pace, answered and closed`(overTLS: Bool) throws {
    let loop = try ServerProcess(broadcastLoop: cleanup, tls: overTLS)
    let churn = try ConnectionChurn(loop.target)
    var turns = 0
    let count = try churn.run(.window(4)) { _ in
      turns += 1
      return turns > 20
    }
    // Each turn begins connections until four are in flight.
    #expect(count.made >= 4 && count.made <= 84)
    #expect(Int(count.latencies.count) == count.made)
    #expect(count.elapsedNanoseconds > 0 && count.perSecond > 0)
    // Ten in the first tenth of a second; in the turn that is over, none.
    #expect(try churn.run(.rate(100)) { $0 > 100_000_000 }.made <= 10)
  }

  @Test func `a client that does not read does not delay the broadcast loop`() throws {
    let server = try server()
    let generator = try LoadGenerator(server.target)
    try generator.logIn(
      ClientGroup(clients: 4, rooms: 0..<1, sendersInEachRoom: 1, wires: [.text]),
      ClientGroup(clients: 1, rooms: 0..<1, wires: [.text], reads: false), quietMilliseconds: 10)
    let outcome = try generator.run(Schedule(pace: .window(4), end: .messages(50)))
    #expect(outcome.expected == 150 && outcome.lost == 0)
  }

  @Test func `an error quotes the server`() throws {
    let server = try server()
    let generator = try LoadGenerator(server.target)
    let failure = #expect(throws: BenchError.self) {
      try generator.logIn(ClientGroup(clients: 1, rooms: 7..<8, wires: [.text]))
    }
    #expect(failure?.description.contains("error no-such-room: ") == true)
    #expect(failure?.status == .protocolError)
  }

  @Test func `a server ends with its value, and its folder is removed`() throws {
    let (processID, folder) = try { () throws in
      let server = try server()
      return (try #require(server.target.processID), server.folder)
    }()
    #expect(ProcessTable.usage(of: processID) == nil)
    #expect(try File.statusIfPresent(folder) == nil)
  }

  /// The document of a run in which nothing is lost.
  private func document(_ arguments: String...) throws -> JSONValue {
    let output = Mutex("")
    let status = BenchProgram.run(
      arguments + ["--quick", "--seconds", "0.05", "--json"],
      in: .init(
        write: { text throws(Errno) in output.withLock { $0 += text } },
        writeError: { _ in }))
    #expect(status == .ok)
    return try JSONValue(parsing: Array(output.withLock { $0 }.utf8))
  }

  @Test func `the program measures in plaintext and over TLS, and prints the ratio`() throws {
    let document = try document("limit", "--tls")
    let results = try #require(document["results"]?.array)
    #expect(results.map { $0["tls"]?.bool } == [false, true])
    for result in results { #expect(result["figures"]?["lost"]?.int == 0) }
    let ratio = try #require(document["ratios"]?.array?.first)
    #expect(ratio["of"]?.string == "limit over TLS" && ratio["to"]?.string == "limit")
  }

  @Test func `the program measures a case and prints its document`() throws {
    let document = try document("room-mixed", "limit")
    #expect(document["server"]?.string?.hasPrefix("chat-server ") == true)
    let results = try #require(document["results"]?.array)
    #expect(results.map { $0["case"]?.string } == ["limit", "room-mixed"])
    for result in results {
      let figures = try #require(result["figures"]?.members)
      #expect(
        figures.map(\.name) == [
          "deliveries_per_s", "server_cpu_us_per_delivery", "p50_ms", "p99_ms", "p999_ms", "generator_late_ms", "lost",
        ])
      #expect(result["figures"]?["lost"]?.int == 0)
    }
    #expect(document["ratios"]?.array?.first?["to"]?.string == "limit")
  }
}
