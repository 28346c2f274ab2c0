import POSIX
import TestSupport
import Testing

/// Transfers of `chat` when a server or a client dies in the middle.
@Suite struct BrokenTransferTests {
  private static let content = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
  /// The number of bytes after which the network stalls, including the line before the file's bytes.
  private static let heldAt = 300_000

  /// Waits until all forwarded bytes have arrived. Returns how many of them belong to the file.
  private static func arrived(_ path: String, after line: Int, _ person: TestClient) throws -> Int64 {
    while try File.statusIfPresent(path)?.size != Int64(heldAt - line) { try person.ask("/ping") }
    return Int64(heldAt - line)
  }

  private static func quit(_ person: TerminalProgram) throws {
    try person.type("\u{4}")
    #expect(person.finish() == 0)
  }

  @Test func `an upload interrupted by a killed server is complete after the restart`() throws {
    let folder = try TestFolder()
    let here = try TemporaryFolder()
    try here.write("plan.bin", Self.content)
    let first = try TestServer(folder)
    let relay = try Relay(to: first.port, holdingAt: Self.heldAt)
    defer { relay.end() }
    let alice = try TerminalProgram.newAccount("alice", port: relay.port)
    let watcher = try first.connect("/guest watcher")
    try alice.type("/send \(here.path)/plan.bin\r")
    relay.waitUntilHeld()
    let size = try Self.arrived("\(folder.path)/files/1.part", after: "/put \n".count + 32, watcher)
    _ = try first.stop(.kill)
    relay.resume()
    #expect(try File.statusIfPresent("\(folder.path)/files/1") == nil)
    try alice.read(until: "Lost the connection")
    let second = try TestServer(folder, port: first.port)
    try alice.read(until: "alice shares plan.bin (1.0 MiB) in lobby: /get 1")
    #expect(try File.readWhole("\(folder.path)/files/1") == Self.content)
    // It resumed at its offset, with the same id.
    let log = try folder.text("chat.log")
    let offers = log.matches(of: #/ file-offered file=(\d+) .* offset=(\d+) text="plan\.bin"/#)
    #expect(offers.count == 2 && offers.allSatisfy { $0.1 == "1" } && Int64(offers[1].2) == size)
    try Self.quit(alice)
    #expect(try second.stop().status == 0)
  }

  @Test func `a file that changes while it is sent is not shared, and its sender sees why`() throws {
    let here = try TemporaryFolder()
    let server = try TestServer(TestFolder())
    let relay = try Relay(to: server.port, holdingAt: Self.heldAt)
    defer { relay.end() }
    // More than all buffers between the file and the server.
    try here.write("plan.bin", [UInt8](repeating: 1, count: 24 << 20))
    let alice = try TerminalProgram.newAccount("alice", port: relay.port)
    try alice.type("/send \(here.path)/plan.bin\r")
    relay.waitUntilHeld()
    let file = try File.open(here.path("plan.bin"), [.writeOnly, .append])
    try file.truncate(to: (24 << 20) - 1)
    try file.writeAll([2])
    relay.resume()
    try alice.read(until: "!! plan.bin changed while it was sent; /send it again.")
    try Self.quit(alice)
    let watcher = try server.connect("/guest watcher")
    #expect(try watcher.ask("/files").count == 1)
    #expect(try server.stop().status == 0)
  }

  @Test func `a download interrupted by a killed client resumes`() throws {
    let here = try TemporaryFolder()
    try here.write("plan.bin", Self.content)
    let server = try TestServer(TestFolder())
    let alice = try TerminalProgram.newAccount("alice", port: server.port)
    let watcher = try server.connect("/guest watcher")
    try alice.type("/send \(here.path)/plan.bin\r")
    try alice.read(until: "alice shares plan.bin (1.0 MiB) in lobby: /get 1")
    let relay = try Relay(to: server.port, holdingAt: Self.heldAt)
    defer { relay.end() }
    let bob = try TerminalProgram.guest("bob", port: relay.port)
    try File.makeDirectory(here.path("in"))
    try bob.type("/get 1 \(here.path)/in/\r")
    relay.waitUntilHeld()
    let part = here.path("in/.plan.bin.1.part")
    while (try File.statusIfPresent(part)?.size ?? 0) < 200_000 { try watcher.ask("/ping") }
    try bob.send(.kill)
    _ = bob.finish()
    relay.resume()
    try watcher.read(until: "bob left lobby")
    let kept = try #require(try File.statusIfPresent(part)).size
    #expect(kept < Self.content.count)
    #expect(try File.names(inDirectory: here.path("in")) == [".plan.bin.1.part"])
    let again = try TerminalProgram.guest("bob", port: server.port)
    try again.type("/get 1 \(here.path)/in/\r")
    try again.read(until: "plan.bin is in ")
    #expect(try here.bytes("in/plan.bin") == Self.content)
    #expect(try File.names(inDirectory: here.path("in")) == ["plan.bin"])
    #expect(try server.folder.text("chat.log").contains(" offset=\(kept)"))
    for person in [alice, again] { try Self.quit(person) }
    #expect(try server.stop().status == 0)
  }
}
