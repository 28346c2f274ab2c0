import ChatProtocol
import Foundation
import POSIX
import TestSupport
import Testing

@testable import ChatServer

/// A server without free descriptors, in a process of its own.
@Suite struct DescriptorTests {
  @Test func `without free descriptors new clients wait, others continue to chat, and the log says so once`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let count = Server.connectionsMax(descriptors: Server.descriptorsMin)
    let server = try BuiltServer(limits: "ulimit -n \(Server.descriptorsMin)", folder: folder)
    var inside: [TestClient] = []
    for number in 0..<count {
      let client = try server.connect()
      try client.send("/guest user\(number)\n")
      try client.read(until: "ok guest")
      inside.append(client)
    }
    var waiting = try (0..<3).map { _ in try server.connect() }
    let control = try server.connectControl()
    // One by one, so that the shortage lasts.
    for _ in 0..<3 {
      #expect(try control.status().sessions == count)
      try inside[1].send("still here\n")
      try inside[2].read(until: "still here")
      try inside[0].send("/quit\n")
      _ = try inside[0].readToEnd()
      inside.removeFirst()
      let next = waiting.removeFirst()
      #expect(try next.readLine()?.hasPrefix("* Welcome") == true)
      try next.ping()
      inside.append(next)
    }
    let log = String(decoding: try File.readWhole("\(folder)/chat.log"), as: UTF8.self)
    #expect(
      log.split(separator: "\n").count { $0.contains("all \(count) connections that the limit on open files") } == 1)
    #expect(log.contains(" ready connections_max=\(count)\n"))
    // Further control clients get reserved descriptors, and no client is closed for them.
    let others = try (0..<10).map { _ in try server.connectControl() }
    for other in others { #expect(try other.status().sessions == count) }
    for client in inside { try client.ping() }
  }

  @Test(arguments: [(64, 16), (128, 80), (256, 192), (512, 384), (1024, 896), (65536, 65408)])
  func `some descriptors are reserved, and most are for clients`(descriptors: Int, clients: Int) {
    #expect(Server.connectionsMax(descriptors: descriptors) == clients)
  }

  @Test func `a server does not start with too few descriptors`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    #expect(throws: TestFailure.self) { try BuiltServer(limits: "ulimit -n 40", folder: folder) }
    #expect(try File.names(inDirectory: folder).isEmpty)
    #expect(ServerError.tooFewDescriptors(40).description.contains("(ulimit -n)"))
  }

  @Test(.enabled(if: DescriptorTests.canLimit, "needs prlimit(1)"))
  func `without any descriptor the operator can still connect, and clients can once one is free`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let server = try BuiltServer(folder: folder)
    let inside = try server.connect()
    try inside.send("/guest inside\n/ping in\n")
    try inside.read(until: "ok ping in")
    let before = try server.openDescriptors
    #expect(try DescriptorTests.limit(server.processID, descriptors: before))
    // A descriptor that the server closes meanwhile may admit one of them.
    let waiting = try (0..<5).map { _ in try server.connect() }
    try LogReader("\(folder)/chat.log").line(with: "cannot accept connections")
    let control = try server.connectControl()
    #expect(try control.status().sessions < 6)
    try inside.ping()
    #expect(try DescriptorTests.limit(server.processID, descriptors: before + 100))
    for client in waiting { try client.ping() }
    #expect(try control.status().sessions == 6)
  }

  private static let canLimit = (try? limit(CurrentProcess.id, descriptors: nil)) == true

  /// The soft limit of a process, set with prlimit(1); nil only reads it.
  private static func limit(_ process: Int32, descriptors: Int?) throws -> Bool {
    let command = Process()
    command.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    command.arguments = ["prlimit", "--pid", "\(process)", "--nofile" + (descriptors.map { "=\($0):" } ?? "")]
    command.standardOutput = FileHandle.nullDevice
    command.standardError = FileHandle.nullDevice
    try command.run()
    command.waitUntilExit()
    return command.terminationStatus == 0
  }
}
