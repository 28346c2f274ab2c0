import POSIX
import TestSupport
import Testing

@testable import ChatServer

@Suite struct SupervisorTests {
  @Test(arguments: [false, true])
  func `the supervisor is notified when the server is ready, reloads and stops`(isAbstract: Bool) throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let name =
      isAbstract ? "@chat-server-tests-\(CurrentProcess.id)-\(SystemClock.monotonicNanoseconds)" : "\(folder)/notify"
    let supervisor = try DatagramReceiver(name)
    let server = try BuiltServer(limits: "export NOTIFY_SOCKET='\(name)'", folder: folder)
    #expect(try supervisor.next() == "READY=1\nSTATUS=serving on 127.0.0.1:\(server.port)")

    try File.rename("\(folder)/chat.log", to: "\(folder)/chat.log.1")
    let beforeMicroseconds = SystemClock.monotonicNanoseconds / 1000
    try server.send(.hangup)
    let reloading = try #require(try supervisor.next())
    let parts = reloading.split(separator: "=")
    #expect(reloading.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
    #expect(try #require(Int64(parts.last ?? "")) >= beforeMicroseconds)
    #expect(try supervisor.next() == "READY=1\nSTATUS=serving on 127.0.0.1:\(server.port)")
    // By then the log has been reopened.
    #expect(try File.statusIfPresent("\(folder)/chat.log") != nil)

    try server.send(.terminate)
    #expect(try supervisor.next() == "STOPPING=1\nSTATUS=saving")
    #expect(server.exitStatus() == 0)
  }

  @Test func `a reload with an error is also reported as finished`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let supervisor = try DatagramReceiver("\(folder)/notify")
    let server = try BuiltServer(limits: "export NOTIFY_SOCKET='\(folder)/notify'", folder: folder)
    let log = try LogReader("\(folder)/chat.log")
    let ready = try supervisor.next()
    try File.open("\(folder)/settings.json", [.writeOnly, .create]).writeAll("rubbish\n")
    for _ in 0..<2 {
      try server.send(.hangup)
      #expect(try supervisor.next()?.hasPrefix("RELOADING=1") == true)
      #expect(try supervisor.next() == ready)
    }
    // A file written just now may be read half a second later, and is reported then.
    try log.line(with: "/settings.json line=1 ")
  }

  @Test func `a supervisor that has gone does not prevent the server from serving`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let server = try BuiltServer(limits: "export NOTIFY_SOCKET='\(folder)/nobody'", folder: folder)
    _ = try server.guest("x")
    let log = String(decoding: try File.readWhole("\(folder)/chat.log"), as: UTF8.self)
    #expect(log.contains("cannot notify the service manager"))
  }

  @Test func `a slow supervisor is notified later, and the server does not wait for it`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let supervisor = try DatagramReceiver("\(folder)/notify")
    let other = try #require(NotifySocket("\(folder)/notify"))
    var count = 0
    while (try? other.send("STATUS=full")) != nil { count += 1 }
    let server = try BuiltServer(limits: "export NOTIFY_SOCKET='\(folder)/notify'", folder: folder)
    try server.guest("x").ping()
    for _ in 0..<count { #expect(try supervisor.next() == "STATUS=full") }
    #expect(try supervisor.next() == "READY=1\nSTATUS=serving on 127.0.0.1:\(server.port)")
    #expect(
      !String(decoding: try File.readWhole("\(folder)/chat.log"), as: UTF8.self).contains(
        "cannot notify the service manager"))
  }
}
