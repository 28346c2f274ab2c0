import JSON
import POSIX
import Synchronization
import Testing

@testable import chat_bench

/// After any end of a run, no process or file is left, and its results are printed.
@Suite(.timeLimit(.minutes(2))) struct EndingTests {
  private let cleanup = Cleanup()

  /// A server that prints its version, reports its start on standard error, and then never serves.
  private func makeSilentServer(in folder: String, version: String = "echo silent 1.0; exit") throws -> String {
    let path = "\(folder)/silent"
    try File.open(path, [.writeOnly, .create]).writeAll(
      """
      #!/bin/sh
      if [ "$1" = --version ]; then \(version); fi
      echo it is there >&2
      exec tail -f /dev/null

      """)
    try File.changeMode(path, 0o700)
    return path
  }

  @Test func `a server that never becomes ready is ended`() throws {
    let folder = try cleanup.makeFolder()
    let path = try makeSilentServer(in: folder, version: "exec tail -f /dev/null")
    let failure = #expect(throws: BenchError.self) {
      try ServerProcess(chatServer: path, cleanup, timeoutMilliseconds: 50) { _ in }
    }
    #expect(failure?.description.contains("no complete line within 50 ms") == true)
    #expect(failure?.status == .unavailable)
    #expect(throws: BenchError.self) { try ServerProcess.version(of: path, cleanup, timeoutMilliseconds: 50) }
    cleanup.remove(folder)
    #expect(cleanup.isEmpty)
  }

  @Test func `a server that prints something else is quoted, and ended`() throws {
    let folder = try cleanup.makeFolder()
    let path = "\(folder)/other"
    try File.open(path, [.writeOnly, .create]).writeAll("#!/bin/sh\necho hello; exec tail -f /dev/null\n")
    try File.changeMode(path, 0o700)
    let failure = #expect(throws: BenchError.self) { try ServerProcess(chatServer: path, cleanup) { _ in } }
    #expect(failure?.description.hasSuffix("did not start: it printed: hello") == true)
    cleanup.remove(folder)
    #expect(cleanup.isEmpty)
  }

  @Test(arguments: [Signal.interrupt, .quit, .kill])
  func `the server ends when a signal ends chat-bench`(signal: Signal) throws {
    let folder = try cleanup.makeFolder()
    defer { cleanup.remove(folder) }
    let output = try FileDescriptor.pipe()
    let bench = try ChildProcess(
      path: try ServerProcess.program(beside: "chat-bench"),
      arguments: ["limit", "room-text", "--quick", "--seconds", "0.05", "--server", try makeSilentServer(in: folder)],
      ends: [0, output.writing.rawValue, output.writing.rawValue])
    let words = output.reading
    _ = consume output.writing
    var heard: [UInt8] = []
    while !String(decoding: heard, as: UTF8.self).contains("it is there") {
      let more = try words.read(upTo: 4096)
      #expect(!more.isEmpty)
      if more.isEmpty { break }
      heard += more
    }
    try signal.send(to: bench.id)
    #expect(bench.wait() == 128 + signal.rawValue)
    // The server has the same standard error, which is at its end when both have ended.
    _ = try words.readToEnd()
  }

  @Test func `results before a failure are printed, and the status is of the failure`() throws {
    // No program listens on a port that was free a moment ago.
    let port = try Socket.listen(host: "127.0.0.1", port: 0, backlog: 1).localPort()
    let output = Mutex("")
    let errors = Mutex("")
    let status = BenchProgram.run(
      ["room-text", "idle", "--quick", "--seconds", "0.05", "--json", "--against", "irc", "--port", "\(port)"],
      in: .init(
        write: { text throws(Errno) in output.withLock { $0 += text } },
        writeError: { text in errors.withLock { $0 += text } }))
    #expect(status == .protocolError)
    let document = try JSONValue(parsing: Array(output.withLock { $0 }.utf8))
    #expect(document["results"]?.array?.map { $0["case"]?.string } == ["room-text", "idle"])
    #expect(document["failures"]?.array?.map { $0["case"]?.string } == ["room-text", "idle"])
    #expect(errors.withLock { $0 }.contains("chat-bench: idle: "))
  }
}
