import ChatCore
import ChatStore
import POSIX
import TestSupport
import Testing

@testable import ChatServer

@Suite struct StartingTests {
  private func failure(_ configuration: ServerConfiguration) throws -> ServerError {
    try #require(throws: ServerError.self) { _ = try Server(configuration) }
  }

  @Test func `a second server on the same folder names the first one's process`() throws {
    let server = try LiveServer()
    let failure = try failure(ServerConfiguration(data: server.folder, port: 0, takesSignals: false))
    #expect(ChatServer.ExitStatus(failure) == .unavailable)
    #expect(failure.description.contains("\(CurrentProcess.id)"))
  }

  @Test func `the error for a port in use says what to do`() throws {
    let server = try LiveServer()
    let path = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(path) }
    let failure = try failure(
      ServerConfiguration(data: path, port: Int(server.running.address.port), takesSignals: false))
    #expect(ChatServer.ExitStatus(failure) == .unavailable)
    #expect(failure.description.contains("--port"))
  }

  @Test func `a start that fails because of its address creates no data folder`() throws {
    let server = try LiveServer()
    let path = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(path) }
    let inUse = ServerConfiguration(
      data: "\(path)/new", port: Int(server.running.address.port), takesSignals: false)
    #expect(ChatServer.ExitStatus(try failure(inUse)) == .unavailable)
    #expect(try File.statusIfPresent("\(path)/new") == nil)
    #expect(
      try failure(ServerConfiguration(data: server.folder, port: inUse.port, takesSignals: false)).description.contains(
        "\(CurrentProcess.id)"))
  }

  @Test func `a start that fails leaves a folder that was stopped cleanly as it was`() throws {
    let server = try LiveServer()
    let client = try server.connect()
    try client.send("/register alice correct-horse\n")
    try client.read(until: "ok register")
    try server.stop()
    let state = try server.text("state.json")
    let other = try LiveServer()
    var inUse = ServerConfiguration(data: server.folder, port: Int(other.running.address.port), takesSignals: false)
    _ = try failure(inUse)
    #expect(try server.text("state.json") == state)
    inUse.port = 0
    inUse.control = other.running.controlPath
    _ = try failure(inUse)
    #expect(try server.text("state.json") == state)
    #expect(!(try server.text("chat.log").contains("not shut down")))
  }

  @Test func `a path too long for a socket is an error`() throws {
    let path = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(path) }
    let long = "\(path)/" + String(repeating: "x", count: 120)
    let failure = try failure(ServerConfiguration(data: path, port: 0, control: long, takesSignals: false))
    #expect(ChatServer.ExitStatus(failure) == .cannotCreate)
    #expect(failure.description.contains("--control"))
  }

  @Test func `a malformed file stops the start and is left as it was`() throws {
    let path = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(path) }
    try File.open("\(path)/users.csv", [.writeOnly, .create]).writeAll("name,password\nalice\n")
    let failure = try failure(ServerConfiguration(data: path, port: 0, takesSignals: false))
    #expect(ChatServer.ExitStatus(failure) == .malformedData)
    #expect(failure.description.hasPrefix("\(path)/users.csv:2: "))
    #expect(String(decoding: try File.readWhole("\(path)/users.csv"), as: UTF8.self) == "name,password\nalice\n")
  }

  @Test func `settings.json applies, and the command line overrides it`() throws {
    let path = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(path) }
    try File.open("\(path)/settings.json", [.writeOnly, .create]).writeAll(#"{"fsync":"no","port":1,"members":7}"#)
    let server = try Server(ServerConfiguration(data: path, port: 0, takesSignals: false))
    #expect(server.store.policy == .no)
    #expect(server.address.port > 1)
    #expect(server.settings.members == 7)
  }
}
