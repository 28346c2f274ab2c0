import Foundation
import POSIX

/// The built `chat-server` in a process of its own, which the test kills.
final class CrashServer: Sendable {
  let port: UInt16
  let processID: Int32
  private let process: Process

  /// `fsync` is the sync policy.
  init(folder: String, fsync: String) throws {
    let (output, errors) = (Foundation.Pipe(), Foundation.Pipe())
    process = Process()
    process.executableURL = CrashServer.program("chat-server")
    process.arguments = ["--data", folder, "--port", "0", "--fsync", fsync]
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    processID = process.processIdentifier
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n"), let byte = try output.fileHandleForReading.read(upToCount: 1)?.first {
      line.append(byte)
    }
    let words = String(decoding: line, as: UTF8.self).split(separator: ",")[0...].first?.split(separator: ":")
    guard let words, words.count == 2, let port = UInt16(words[1]) else {
      process.waitUntilExit()
      let told = try errors.fileHandleForReading.readToEnd() ?? Data()
      throw TestFailure("the server did not start: \(String(decoding: told, as: UTF8.self))")
    }
    self.port = port
  }

  /// The test bundle is in the same folder as the programs.
  static func program(_ name: String) -> URL {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent(name)
  }

  /// Sends SIGKILL, from any thread.
  func kill() { try? Signal.kill.send(to: processID) }

  /// Waits until the process has ended. Returns its exit status.
  @discardableResult
  func wait() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  deinit {
    if process.isRunning {
      kill()
      process.waitUntilExit()
    }
  }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
