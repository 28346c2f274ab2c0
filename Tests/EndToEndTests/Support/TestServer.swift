import POSIX

/// The built `chat-server` on a free port, and the other programs connected to it.
final class TestServer {
  let folder: TestFolder
  let port: UInt16
  /// All output of clients and `chat-admin`, for tests that search it for secrets.
  let told = Told()
  private let program: Program

  /// The lines that all clients have received.
  final class Told {
    var text = ""
  }

  /// `port`: the port of an earlier server. `address`: the one that the folder's settings name.
  init(_ folder: TestFolder, port: UInt16 = 0, address: String = "127.0.0.1") throws {
    self.folder = folder
    program = try Program("chat-server", ["--data", folder.path, "--port", "\(port)"])
    guard let line = try program.readLine() else {
      throw TestFailure("the server ended before it was ready: \(try program.finish())")
    }
    // The whole line is compared, so that nothing else is printed before or in it.
    let expected = /chat-server ready on ([0-9.]+):(\d+), control (.+), data (.+)/
    guard let match = line.wholeMatch(of: expected), match.1 == address, let port = UInt16(match.2),
      match.3 == "\(folder.path)/control.sock", match.4 == folder.path
    else { throw TestFailure("no ready line: \(line)") }
    self.port = port
  }

  func connect() throws -> TestClient { try TestClient(port: port, told) }

  /// A client that has logged in with `line`, in the given dialect.
  func connect(_ line: String, json: Bool = false) throws -> TestClient {
    let client = try connect()
    if json { _ = try client.ask("/format json") }
    let answer = try client.ask(line)
    guard answer.contains(where: { $0.hasPrefix("ok ") || $0.hasPrefix(#"{"event":"ok""#) }) else {
      throw TestFailure("\(line): \(answer)")
    }
    return client
  }

  var processID: Int32 { program.processID }

  func admin(_ arguments: String..., input: String = "") throws -> Program.End {
    try admin(arguments: arguments, input: input)
  }

  func admin(arguments: [String], zone: String = "UTC", input: String = "") throws -> Program.End {
    let end = try Program.run(
      "chat-admin", ["--data", folder.path] + arguments, environment: ["TZ": zone], input: input)
    told.text += end.output + end.errors
    return end
  }

  func chat(_ arguments: String..., password: String? = nil, input: String) throws -> Program.End {
    let end = try Program.run(
      "chat", ["--port", "\(port)"] + arguments, environment: password.map { ["CHAT_PASSWORD": $0] } ?? [:],
      input: input)
    told.text += end.output + end.errors
    return end
  }

  func send(_ signal: Signal) throws { try program.send(signal) }

  func hasEnded() throws -> Bool { try program.hasClosedItsOutputs() }

  /// Waits until the process has ended.
  func finish() throws -> Program.End { try program.finish() }

  func stop(_ signal: Signal = .interrupt) throws -> Program.End {
    try send(signal)
    return try finish()
  }
}
