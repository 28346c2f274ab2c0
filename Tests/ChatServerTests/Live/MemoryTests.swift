import ChatCore
import ChatProtocol
import Foundation
import POSIX
import TestSupport
import Testing

@testable import ChatServer

/// The memory that a server really uses, in a process of its own.
@Suite struct MemoryTests {
  /// The total output limit is lower than what all clients have pending, and there is no limit per client.
  private static let settings = #"""
    {"outbox_bytes":0,"outboxes_bytes":4194304,"unread_bytes":1048576,"commands_per_second":0,"sessions":100,
    "rooms_per_user":10,"rooms":100,"pending_hashes":4}
    """#

  /// An old and fast hash (md5crypt) of `correct-horse`, so that many can log in.
  private static let hash = "$1$saltsalt$JQBbW9mZ9/NDOyIlEImyp."

  /// A server with accounts `user0` and so on, and others without a password.
  private func server(
    _ settings: String, accounts: Int, others: [String] = [], in folder: String
  ) throws -> BuiltServer {
    try File.open("\(folder)/settings.json", [.writeOnly, .create]).writeAll(settings)
    let rows = ((0..<accounts).map { "user\($0),\(Self.hash)\n" } + others.map { "\($0),*\n" }).joined()
    try File.open("\(folder)/users.csv", [.writeOnly, .create]).writeAll("name,password\n\(rows)")
    return try BuiltServer(folder: folder)
  }

  private static let unslowed = #"""
    {"commands_per_second":0,"sessions":200,"rooms_per_user":10,"rooms":1000,"pending_hashes":4,"inbox_messages":20}
    """#

  @Test func `accounts with full ignore lists stay within the computed memory`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let count = 100
    let others = (0..<count * Core.ignoresMax).map { "Somebody-with-a-name-\($0)" }
    let server = try server(Self.unslowed, accounts: count, others: others, in: folder)
    let before = try server.connectControl().status()
    let away = String(repeating: "x", count: 4000)
    // All are online at the same time, and each name is ignored by one of them, so nothing is shared.
    let clients = try (0..<count).map { number in
      let client = try server.connect()
      try client.send("/login user\(number) correct-horse\n/away \(away)\n")
      let names = others[number * Core.ignoresMax..<(number + 1) * Core.ignoresMax].map { "/ignore \($0)\n" }
      try client.send("\(names.joined())/ignore one-more\n")
      try client.read(until: "error nothing-to-do")
      return client
    }
    var settings = Settings()
    (settings.sessions, settings.roomsPerUser, settings.rooms) = (count, 10, 1000)
    let terms = MemoryBound(settings, connectionsMax: count).terms
    let sessions = Int(try #require(terms.first { $0.name == "sessions" }).bytes)
    // The memory of their offline data, as in data/README.md.
    let kept = count * (2048 + 10 * settings.lineBytes + 400 * (10 + Core.ignoresMax))
    let grown = try server.peakBytes - Int(before.memory)
    #expect(grown < sessions + kept + 16 << 20, "grew by \(grown) bytes, and \(sessions) and \(kept) are computed")
    withExtendedLifetime(clients) {}
  }

  @Test func `full inboxes and topics stay within the documented memory`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let (accounts, rooms) = (100, 200)
    let server = try server(Self.unslowed, accounts: accounts, in: folder)
    let before = try server.connectControl().status()
    let sender = try server.connect()
    try sender.send("/login user0 correct-horse\n")
    // Quotation marks take two bytes in a file.
    let text = String(repeating: "\"", count: 4000)
    for number in 1..<accounts {
      try sender.send(String(repeating: "/msg user\(number) \(text)\n", count: 21))
      try sender.read(until: "error inbox-full")
    }
    for number in 0..<rooms {
      try sender.send("/create r\(number) --open\n/topic \(text)\n/leave r\(number)\n")
      try sender.read(until: "ok leave")
    }
    let grown = try server.peakBytes - Int(before.memory)
    let kept = accounts * 20 * (10 * 4096 + 1024) + rooms * (2048 + 10 * 4096)
    #expect(grown < kept, "grew by \(grown) bytes, and \(kept) is said")
    // The limit is realistic: the texts alone take this much.
    #expect(grown > accounts * 20 * 4000)
  }

  @Test func `a busy room with many slow readers stays within the computed memory`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    try File.open("\(folder)/settings.json", [.writeOnly, .create]).writeAll(Self.settings)
    let server = try BuiltServer(folder: folder)
    let control = try server.connectControl()
    let slow = try (0..<60).map { try server.guest("slow\($0)") }
    let (reader, sender) = (try server.guest("reader"), try server.guest("sender"))
    let before = try control.status()
    let bound = try #require(before.memoryBound.map(Int.init))
    // Without the total limit each message would be stored 60 times, less what the kernel buffers.
    let message = String(repeating: "x", count: 4000)
    var gone = 0
    for number in 0..<10_000 where gone < 50 {
      try sender.send("m\(number) \(message)\n")
      gone += try reader.read(until: "sender: m\(number) ").count { $0.contains("too slow") }
    }
    #expect(gone >= 50)
    let grown = try server.peakBytes - Int(before.memory)
    #expect(grown < bound, "grew by \(grown) bytes, and the bound is \(bound)")
    // The backlogs are a small part of the computed memory, so this checks their own limit.
    #expect(grown < 64 << 20, "grew by \(grown) bytes")
    #expect(try control.status().sessions < 62)
    try reader.ping()
    withExtendedLifetime(slow) {}
  }
}

extension BuiltServer {
  /// The peak resident size, from /proc, proc_pid_status(5).
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
