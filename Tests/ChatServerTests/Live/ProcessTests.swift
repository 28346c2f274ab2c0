import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatServer

@Suite struct ProcessTests {
  @Test(arguments: [Signal.interrupt, .terminate])
  func `a signal notifies every client, saves and stops, and a second one changes nothing`(signal: Signal) throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let server = try BuiltServer(folder: folder)
    let client = try server.connect()
    try client.send("/guest x\n/ping in\n")
    try client.read(until: "ok ping in")
    try server.send(signal)
    try? server.send(signal)
    #expect(try client.readToEnd().contains { $0.contains("stopping") })
    #expect(server.exitStatus() == 0)
    let state = String(decoding: try File.readWhole("\(folder)/state.json"), as: UTF8.self)
    #expect(state.contains("\"clean\": true"))
    #expect(try File.statusIfPresent("\(folder)/control.sock") == nil)
    #expect(try File.readWhole("\(folder)/lock").isEmpty, "no process that comes later is taken for this one")
  }

  @Test(arguments: [true, false])
  func `a removed control socket is created again`(atSignal: Bool) throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let server = try BuiltServer(folder: folder)
    let log = try LogReader("\(folder)/chat.log")
    try File.unlink("\(folder)/control.sock")
    // Without a signal, the server notices it within a second.
    if atSignal { try server.send(.hangup) }
    try log.line(with: "the control socket was gone and is there again")
    #expect(try server.connectControl().status().sessions == 0)
  }

  @Test(arguments: [true, false])
  func `a server whose output is not read continues to serve`(hasReader: Bool) throws {
    let folder = try TemporaryFolder()
    let data = folder.path("data")
    try File.makeDirectory(data)
    _ = try File.open("\(data)/chat.log", [.writeOnly, .create])
    let log = try LogReader("\(data)/chat.log")
    let pipe = try FileDescriptor.pipe()
    let output = pipe.writing
    var input: FileDescriptor? = pipe.reading
    if hasReader {
      // The pipe is full.
      try output.setNonBlocking()
      while (try? output.write([UInt8](repeating: 0, count: 512))) != nil {}
      try output.setNonBlocking(false)
    } else {
      input = nil
    }
    let child = try ChildProcess(
      path: BuiltServer.program, arguments: ["--data", data, "--port", "0"],
      ends: [0, output.rawValue, output.rawValue])
    var hasEnded = false
    defer {
      if !hasEnded {
        try? Signal.kill.send(to: child.id)
        child.wait()
      }
    }
    let start = try log.line(with: " start ")
    try log.line(with: " ready ")
    let match = try #require(start.firstMatch(of: #/address=127\.0\.0\.1:(\d+) /#))
    let client = try TestClient(port: UInt16(match.1)!)
    try client.send("/guest x\n")
    try client.read(until: "ok guest")
    // The server reports that on standard error.
    try File.rename(data, to: data + ".away")
    try client.read(until: "\(data) does not exist")
    try client.ping()
    try File.rename(data + ".away", to: data)
    try client.read(until: "can save again")
    try Signal.terminate.send(to: child.id)
    #expect(child.wait() == 0)
    hasEnded = true
    _ = input.take()
  }

  @Test func `SIGHUP reopens the log`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let server = try BuiltServer(folder: folder)
    try File.rename("\(folder)/chat.log", to: "\(folder)/chat.log.1")
    try server.send(.hangup)
    // The ping is answered after the signal is handled, so the new file exists.
    let client = try server.connect()
    try client.send("/guest x\n/ping in\n")
    try client.read(until: "ok ping in")
    try server.send(.terminate)
    #expect(server.exitStatus() == 0)
    #expect(String(decoding: try File.readWhole("\(folder)/chat.log"), as: UTF8.self).contains(" reopened "))
  }
}
