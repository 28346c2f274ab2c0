import Foundation
import POSIX

/// The built `chat-server` in a process of its own, for tests of signals, limits and exit statuses.
final class BuiltServer {
  let folder: String
  let port: UInt16
  private let process: Process

  /// `limits` are shell commands to run before the start, such as `ulimit -n 80`.
  init(limits: String = ":", folder: String) throws {
    self.folder = folder
    let output = Foundation.Pipe()
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "\(limits); exec \"$0\" --data \"$1\" --port 0", BuiltServer.program, folder]
    process.standardOutput = output
    try process.run()
    port = try BuiltServer.port(in: try BuiltServer.readyLine(output.fileHandleForReading))
  }

  /// The test bundle is in the same folder as the programs.
  static var program: String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("chat-server").path
  }

  private static func readyLine(_ output: FileHandle) throws -> String {
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      guard let byte = try output.read(upToCount: 1)?.first else { break }
      line.append(byte)
    }
    return String(decoding: line, as: UTF8.self)
  }

  private static func port(in line: String) throws -> UInt16 {
    guard line.hasPrefix("chat-server ready on 127.0.0.1:"), let end = line.firstIndex(of: ","),
      let port = UInt16(line[..<end].split(separator: ":")[1])
    else { throw TestFailure("no ready line: \(line)") }
    return port
  }

  func connect() throws -> TestClient { try TestClient(port: port) }

  /// A client logged in as a guest, after its greeting.
  func guest(_ name: String) throws -> TestClient {
    let client = try connect()
    try client.send("/guest \(name)\n")
    try client.read(until: "ok guest")
    return client
  }

  func connectControl() throws -> TestClient { try TestClient(socketPath: "\(folder)/control.sock") }

  var processID: Int32 { process.processIdentifier }
  /// How many descriptors it has open.
  var openDescriptors: Int { get throws { try File.names(inDirectory: "/proc/\(processID)/fd").count } }

  func send(_ signal: Signal) throws { try signal.send(to: process.processIdentifier) }

  /// Waits until the process has ended.
  func exitStatus() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  deinit {
    if process.isRunning {
      process.terminate()
      process.waitUntilExit()
    }
  }
}
