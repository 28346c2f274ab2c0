import ChatStore
import POSIX
import Terminal
import Testing

@testable import ChatServer

@Suite struct ServerArgumentsTests {
  @Test func `no arguments give the defaults`() throws {
    let arguments = try ServerArguments(parsing: [])
    #expect(arguments == .serve(ServerConfiguration()))
    let settings = ServerConfiguration().inForce(over: SettingsFile())
    #expect(settings.host == "127.0.0.1" && settings.port == 7777)
    #expect(settings.control == "data/control.sock" && settings.fsync == .everysec)
  }

  @Test func `every option is stored, and the last value of a repeated one counts`() throws {
    let arguments = try ServerArguments(parsing: [
      "--data", "d", "--host", "::1", "--port", "1", "--port=0", "--control", "c", "--fsync", "always",
    ])
    #expect(
      arguments == .serve(ServerConfiguration(data: "d", host: "::1", port: 0, control: "c", fsync: .always)))
  }

  @Test func `the other actions`() throws {
    #expect(try ServerArguments(parsing: ["--check", "--data", "d"]) == .check(ServerConfiguration(data: "d")))
    #expect(
      try ServerArguments(parsing: ["--check", "--without-certificate"])
        == .check(ServerConfiguration(), withCertificate: false))
    #expect(try ServerArguments(parsing: ["--settings"]) == .settings(ServerConfiguration()))
    #expect(try ServerArguments(parsing: ["--version"]) == .version)
    #expect(try ServerArguments(parsing: ["--port", "1", "--version", "--help"]) == .help)
  }

  @Test(arguments: [
    ["--port", "70000"], ["--port", "x"], ["--port"], ["--fsync", "sometimes"], ["--hots", "x"], ["extra"],
    ["--check", "--settings"], ["--data", ""], ["--check=yes"], ["--version", "extra"], ["--version", "--check"],
    ["--without-certificate"], ["--without-certificate", "--settings"],
    ["extra", "--help"], ["--settings", "extra"],
  ])
  func `invalid arguments are rejected in one line with a hint`(list: [String]) throws {
    let error = try #require(throws: UsageError.self) { try ServerArguments(parsing: list) }
    #expect(error.description.contains("--help"))
    #expect(!error.description.contains("\n"))
  }

  @Test func `the help names every option and status`() {
    for word in [
      "--data", "--host", "--port", "--control", "--fsync", "--check", "--without-certificate", "--settings",
      "--version", "--help",
    ] {
      #expect(ServerHelp.text.contains("  \(word) "), "\(word)")
    }
    for status in ["0 ", "64", "65", "69", "70", "73", "77"] { #expect(ServerHelp.text.contains("\n  \(status) ")) }
    for line in ServerHelp.text.split(separator: "\n") { #expect(line.count <= 100) }
  }

  @Test(arguments: [
    (ServerError.store(.malformed([])), ChatServer.ExitStatus.malformedData),
    (.store(.held(folder: "d", pid: 1, process: nil)), .unavailable),
    (.store(.cannotCreate(path: "d", .noSpace)), .cannotCreate),
    (.store(.notPermitted(path: "d", .permissionDenied)), .notPermitted),
    (.listener(.failed(call: "listen on", address: "a", .addressInUse)), .unavailable),
    (.listener(.failed(call: "listen on", address: "a", .permissionDenied)), .notPermitted),
    (.listener(.unresolved(host: "h", reason: "r")), .unavailable),
    (.control(.pathTooLong(path: "p", bytesMax: 107)), .cannotCreate),
    (.control(.failed(call: "listen on", address: "a", .addressInUse)), .unavailable),
  ])
  func `a failure has its status`(failure: ServerError, status: ChatServer.ExitStatus) {
    #expect(ChatServer.ExitStatus(failure) == status)
  }
}
