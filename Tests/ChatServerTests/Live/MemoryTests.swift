import ChatProtocol
import Foundation
import POSIX
import Testing

@testable import ChatServer

/// What the process really takes, in a process of its own.
@Suite struct MemoryTests {
  /// Everybody in the room has more to be sent than may wait for all of them; nobody has a bound of his own.
  private static let settings = #"""
    {"outbox_bytes":0,"outboxes_bytes":4194304,"unread_bytes":1048576,"commands_per_second":0,"sessions":100,
    "rooms_per_user":10,"rooms":100,"pending_hashes":4}
    """#

  @Test func `a busy room of which hardly anybody reads stays within the bound that is computed`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    try File.open("\(folder)/settings.json", [.writeOnly, .create]).writeAll(Self.settings)
    let server = try BuiltServer(folder: folder)
    let control = try server.connectControl()
    let slow = try (0..<60).map { try server.guest("slow\($0)") }
    let (reader, sender) = (try server.guest("reader"), try server.guest("sender"))
    let before = try control.status()
    let bound = try #require(before.memoryBound.map(Int.init))
    // Without the bound for all it would be 60 times this, less what the kernel takes, of which nobody is told.
    let message = String(repeating: "x", count: 4000)
    var gone = 0
    for number in 0..<10_000 where gone < 50 {
      try sender.send("m\(number) \(message)\n")
      gone += try reader.read(until: "sender: m\(number) ").count { $0.contains("too slow") }
    }
    #expect(gone >= 50)
    let grown = try server.peakBytes - Int(before.memory)
    #expect(grown < bound, "grew by \(grown) bytes, and the bound is \(bound)")
    // Of what is computed, the backlogs are little here: what they really took is near their own bound.
    #expect(grown < 64 << 20, "grew by \(grown) bytes")
    #expect(try control.status().sessions < 62)
    try reader.ping()
    withExtendedLifetime(slow) {}
  }
}

extension BuiltServer {
  /// The most that was ever in RAM, from /proc, proc_pid_status(5).
  fileprivate var peakBytes: Int {
    get throws {
      let status = String(decoding: try File.readWhole("/proc/\(processID)/status"), as: UTF8.self)
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
        throw TestFailure("no VmHWM in \(status)")
      }
      return kibibytes << 10
    }
  }
}
