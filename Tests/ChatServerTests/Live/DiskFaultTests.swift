import ChatProtocol
import ChatStore
import POSIX
import Synchronization
import TestSupport
import Testing

@testable import ChatServer

/// A disk on which writing or syncing fails on request.
private final class BrokenDisk: Sendable {
  private let failure = Mutex<(writing: Errno?, syncing: Errno?)>((nil, nil))

  /// `syncing` applies to the journal only. A sync of another file, about a second after a change, might fail first,
  /// and would make no turn void.
  func fail(writing: Errno? = nil, syncing: Errno? = nil) { failure.withLock { $0 = (writing, syncing) } }

  var calls: DiskCalls {
    DiskCalls(
      write: { [self] (descriptor, bytes) throws(Errno) in
        if let errno = failure.withLock({ $0.writing }) { throw errno }
        return try descriptor.write(bytes)
      },
      sync: { [self] (descriptor) throws(Errno) in
        if let errno = failure.withLock({ $0.syncing }), try Self.isJournal(descriptor) { throw errno }
        try descriptor.sync(.data)
      })
  }

  private static func isJournal(_ descriptor: borrowing FileDescriptor) throws(Errno) -> Bool {
    try File.target(ofLink: "/proc/self/fd/\(descriptor.rawValue)").hasSuffix("/journal.jsonl")
  }
}

@Suite struct `When the disk fails, the server` {
  /// No rate limit, so that a test may repeat a request until something has happened.
  private static let settings = #"{"commands_per_second":0,"outbox_bytes":0,"line_bytes":65536}"#

  private func fault(_ control: TestClient) throws -> String? {
    try control.send(ControlRequest.status.encode(id: 1))
    let response = try ControlResponse(decoding: Array(#require(try control.readLine()).utf8))
    guard case .success(.status(let status)) = response.result else { throw TestFailure("\(response)") }
    return status.recordingError
  }

  private func events(_ server: LiveServer, _ name: String) throws -> [String] {
    try server.text("chat.log").split(separator: "\n").map(String.init).filter { $0.dropFirst(25).hasPrefix(name) }
  }

  @Test(.enabled(if: SmallDisk.isPermitted, "needs the right to mount a file system"))
  func `rejects commands that it cannot record, serves the others, and recovers`() throws {
    let disk = try SmallDisk()
    let server = try LiveServer(settings: Self.settings, folder: disk.path)
    let control = try server.connectControl()
    let alice = try server.guest("alice", json: true)
    let bob = try server.guest("bob")
    _ = try alice.read(until: "\"joined\"")
    try alice.send("before\n")
    try alice.read(until: "\"own\":true")
    try bob.read(until: "before")
    try disk.fill()
    // Messages are recorded until the reserved space is used up.
    var kept = 0
    var answer = ""
    while !answer.contains("\"error\"") {
      try alice.send("n\(kept) \(String(repeating: "x", count: 60_000))\n")
      repeat { answer = try #require(try alice.readLine()) } while answer.contains("\"notice\"")
      if answer.contains("\"own\":true") { kept += 1 }
    }
    #expect(answer.contains(#""code":"cannot-record""#) && answer.contains("No space left on device"))
    #expect(try fault(control) == "No space left on device")
    for _ in 0..<3 {
      try alice.send("lost\n")
      #expect(try alice.readLine()?.contains("cannot-record") == true)
    }
    try alice.send("/who\n")
    #expect(try alice.readLine()?.contains(#""users":"#) == true)
    let late = try server.connect()
    try late.send("/guest carol\n")
    try late.read(until: "cannot-record")

    try disk.empty()
    try alice.read(until: "can save again")
    #expect(try fault(control) == nil)
    try alice.send("after\n")
    try alice.read(until: "\"own\":true")
    let lines = try bob.read(until: "after")
    #expect(!lines.contains { $0.contains("lost") })
    #expect(lines.count { $0.contains(" alice: n") || $0.contains("alice: n") } == kept)
    try server.stop()
    let log = try server.text("chat.log")
    #expect(!log.contains("lost\""))
    #expect(log.contains("text=\"before\"") && log.contains("text=\"after\""))
    #expect(try events(server, "recording-failed").count == 1)
    #expect(
      try events(server, "recording-resumed").map { $0.dropFirst(25) } == ["recording-resumed refused=5 lines_lost=0"])
  }

  @Test(arguments: [Errno.inputOutput, .readOnlyFileSystem, .noSpace])
  func `voids a turn that cannot be written although its space was reserved`(errno: Errno) throws {
    let disk = BrokenDisk()
    let server = try LiveServer(settings: Self.settings, disk: disk.calls)
    let control = try server.connectControl()
    let alice = try server.guest("alice", json: true)
    let bob = try server.guest("bob")
    _ = try alice.read(until: "\"joined\"")
    disk.fail(writing: errno)
    try alice.send("doubtful\n")
    let toAlice = try alice.readToEnd()
    #expect(toAlice.count == 1 && toAlice[0].contains(#""event":"closing""#))
    let toBob = try bob.readToEnd()
    #expect(!toBob.contains { $0.contains("doubtful") })
    #expect(toBob.last?.contains("could not record") == true)
    #expect(try fault(control) == errno.description)
    let outside = try server.connect()
    try outside.send("/guest carol\n")
    try outside.read(until: "cannot-record")

    disk.fail()
    try outside.read(until: "can save again")
    #expect(try fault(control) == nil)
    let carol = try server.guest("carol", json: true)
    try carol.send("/history\n")
    // The message was sent to no client. After recovery it is recorded once, in its place.
    #expect(try carol.readLine()?.contains("doubtful") == true)
    try server.stop()
    #expect(try events(server, "message").count == 1)
    #expect(try events(server, "recording-resumed").count == 1)
  }

  @Test func `voids the turns that wait for a sync that fails`() throws {
    let disk = BrokenDisk()
    let server = try LiveServer(settings: Self.settings, disk: disk.calls)
    let bob = try server.connect()
    // After this reply no sync is pending, so the failing sync is alice's.
    try bob.send("/register bob battery-staple\n")
    try bob.read(until: "ok register")
    let alice = try server.connect()
    disk.fail(syncing: .inputOutput)
    try alice.send("/register alice correct-horse\n")
    let toAlice = try alice.readToEnd()
    #expect(!toAlice.contains { $0.hasPrefix("ok register") })
    #expect(toAlice.last?.contains("could not record") == true)
    #expect(try bob.readToEnd().last?.contains("could not record") == true)
    let outside = try server.connect()
    try outside.read(until: "cannot save")
    disk.fail()
    try outside.read(until: "can save again")
    try outside.send("/login alice correct-horse\n")
    try outside.read(until: "ok login")
    try server.stop()
    #expect(try server.text("users.csv").contains("alice,"))
  }

  @Test func `creates a removed data folder again, with all its data`() throws {
    let accounts = "name,password\nalice,plain:correct-horse\n"
    let server = try LiveServer(settings: Self.settings, files: ["users.csv": accounts])
    let control = try server.connectControl()
    let alice = try server.connect()
    try alice.send("/login alice correct-horse\n/create den --open\n")
    try alice.read(until: "ok create")
    // Renamed first, because the server may be writing a file while the folder is removed.
    let removed = server.folder + ".removed"
    try File.rename(server.folder, to: removed)
    TemporaryFolder.remove(removed)
    try alice.read(until: "\(server.folder) does not exist")
    try alice.read(until: "can save again")
    #expect(try fault(control) == nil)
    try alice.send("here again\n/ping done\n")
    let lines = try alice.read(until: "done")
    #expect(!lines.contains { $0.contains("cannot-record") })
    _ = try fault(try server.connectControl())
    try server.stop()
    #expect(try server.text("users.csv").contains("alice,"))
    #expect(try server.text("rooms.json").contains("\"den\""))
    #expect(try server.text("chat.log").contains("here again"))
  }

  @Test func `waits for a data folder that was moved away`() throws {
    let server = try LiveServer(settings: Self.settings)
    let control = try server.connectControl()
    let alice = try server.guest("alice")
    try File.rename(server.folder, to: server.folder + ".away")
    try alice.read(until: "\(server.folder) does not exist")
    #expect(try fault(control) == "\(server.folder) does not exist")
    try alice.send("lost\n")
    try alice.read(until: "cannot-record")
    #expect(try File.statusIfPresent(server.folder) == nil)
    try File.rename(server.folder + ".away", to: server.folder)
    try alice.read(until: "can save again")
    try alice.send("kept\n/ping done\n")
    try alice.read(until: "done")
    try server.stop()
    #expect(try events(server, "message").count == 1)
  }
}
