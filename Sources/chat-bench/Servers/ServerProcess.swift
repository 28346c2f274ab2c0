import POSIX

/// A server that is started for one measurement on a free port, and ends when this value is destroyed.
///
/// Package.swift makes this target depend on `chat-server`, so that `swift run chat-bench` builds both side by side.
final class ServerProcess {
  let target: Target
  /// The server's own folder, removed with it.
  let folder: String
  /// The time from the start of the process to its `ready` line.
  let startupNanoseconds: Int64
  private let child: ChildProcess
  private let cleanup: Cleanup
  /// The broadcast loop reads it until its end, so that it ends even if this process is killed.
  private let input: FileDescriptor

  /// `chat-server` without limits, in a folder of its own that `prepare` fills. With `tls` it has a certificate, and its
  /// clients speak TLS.
  convenience init(
    chatServer path: String, tls: Bool = false, _ cleanup: Cleanup,
    timeoutMilliseconds: Int64 = StartedProgram.timeoutMilliseconds,
    prepare: (_ folder: String) throws(BenchError) -> Void
  ) throws(BenchError) {
    try self.init(path, name: "chat-server", tls: tls, cleanup, timeoutMilliseconds: timeoutMilliseconds) {
      (folder) throws(BenchError) in
      try DataFiles.writeSettings(to: folder, withCertificate: tls)
      try prepare(folder)
      return ["--data", folder, "--port", "0"]
    }
  }

  /// The broadcast loop: this program in another process.
  convenience init(broadcastLoop cleanup: Cleanup, tls: Bool = false) throws(BenchError) {
    let path = try ServerProcess.program(beside: "chat-bench")
    try self.init(
      path, name: "limit", tls: tls, cleanup, timeoutMilliseconds: StartedProgram.timeoutMilliseconds
    ) { _ in
      [BroadcastLoop.word] + (tls ? ["--tls"] : [])
    }
  }

  private init(
    _ path: String, name: String, tls: Bool, _ cleanup: Cleanup, timeoutMilliseconds: Int64,
    arguments: (_ folder: String) throws(BenchError) -> [String]
  ) throws(BenchError) {
    let folder = try cleanup.makeFolder()
    do throws(BenchError) {
      let arguments = try arguments(folder)
      let start = SystemClock.monotonicNanoseconds
      let started = try StartedProgram(path, arguments, cleanup, timeoutMilliseconds: timeoutMilliseconds)
      let port = try started.port()
      target = Target(
        name: name, host: "127.0.0.1", port: port, processID: started.child.id, isIRC: false, tlsPort: tls ? port : nil,
        isTLS: tls)
      startupNanoseconds = SystemClock.monotonicNanoseconds - start
      child = started.child
      input = started.input
    } catch {
      cleanup.remove(folder)
      throw error
    }
    self.folder = folder
    self.cleanup = cleanup
  }

  deinit {
    cleanup.end(child)
    cleanup.remove(folder)
  }

  /// The output of `--version`: its name and a number.
  static func version(
    of path: String, _ cleanup: Cleanup, timeoutMilliseconds: Int64 = StartedProgram.timeoutMilliseconds
  ) throws(BenchError) -> String {
    let started = try StartedProgram(path, ["--version"], cleanup, timeoutMilliseconds: timeoutMilliseconds)
    cleanup.end(started.child)
    return started.firstLine
  }

  /// The path of a program in the folder of this one.
  static func program(beside name: String) throws(BenchError) -> String {
    do throws(Errno) {
      return try CurrentProcess.path(ofProgram: name)
    } catch {
      throw .file("/proc/self/exe", error)
    }
  }
}

/// A server that is measured.
struct Target: Equatable {
  /// The name in tables.
  let name: String
  let host: String
  let port: UInt16
  /// nil if unknown: then there are no figures of CPU and memory.
  let processID: Int32?
  let isIRC: Bool
  /// The port for TLS; nil if it has none, or if TLS is not measured.
  var tlsPort: UInt16?
  /// Whether its clients speak TLS.
  var isTLS = false

  /// In tables, with the transport.
  var label: String { Target.label(name, isTLS: isTLS) }

  static func label(_ name: String, isTLS: Bool) -> String { isTLS ? "\(name) over TLS" : name }

  /// The same server with clients that speak TLS; nil if it has no port for them.
  var overTLS: Target? {
    guard let tlsPort else { return nil }
    return Target(
      name: name, host: host, port: tlsPort, processID: processID, isIRC: isIRC, tlsPort: tlsPort, isTLS: true)
  }

  /// The same server and port with clients that do not speak TLS.
  var inPlaintext: Target {
    var target = self
    target.isTLS = false
    return target
  }

  var usage: ProcessUsage? { processID.flatMap { ProcessTable.usage(of: $0) } }

  /// The protocol of its clients instead of `wire`.
  func wire(for wire: WireProtocol) -> WireProtocol { isIRC ? .irc : wire }
}

/// A process that has printed its first line.
struct StartedProgram: ~Copyable {
  let path: String
  let child: ChildProcess
  /// Its standard input.
  let input: FileDescriptor
  let firstLine: String
  private let cleanup: Cleanup

  /// The timeout for that line. A million accounts take seconds, and more on a slow disk.
  static let timeoutMilliseconds: Int64 = 60_000
  private static let lineBytesMax = 4096

  /// Ends the process if no line comes.
  init(
    _ path: String, _ arguments: [String], _ cleanup: Cleanup, timeoutMilliseconds: Int64
  ) throws(BenchError) {
    let input = try Self.pipe()
    let output = try Self.pipe()
    let child = try cleanup.start(path, arguments, ends: [input.reading.rawValue, output.writing.rawValue, 2])
    let reading = output.reading
    // While this side is open, the end of the child's side would not be seen.
    _ = consume output.writing
    do throws(BenchError) {
      firstLine = try Self.readLine(reading, path, timeoutMilliseconds: timeoutMilliseconds)
    } catch {
      cleanup.end(child)
      throw error
    }
    self.path = path
    self.child = child
    self.input = input.writing
    self.cleanup = cleanup
  }

  private static func pipe() throws(BenchError) -> Pipe {
    do throws(Errno) {
      return try FileDescriptor.pipe()
    } catch {
      throw .system("pipe", error)
    }
  }

  private static func readLine(
    _ output: borrowing FileDescriptor, _ path: String, timeoutMilliseconds: Int64
  ) throws(BenchError) -> String {
    let end = SystemClock.monotonicNanoseconds + timeoutMilliseconds * 1_000_000
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      guard line.count < lineBytesMax, let more = try read(output, until: end) else {
        throw .notStarted(path, reason: "it printed no complete line within \(timeoutMilliseconds) ms")
      }
      if more.isEmpty { throw .notStarted(path, reason: "it ended before it was ready") }
      line += more
    }
    return String(String(decoding: line, as: UTF8.self).prefix { !$0.isNewline })
  }

  /// The bytes received, empty at the end; nil at the timeout.
  private static func read(_ output: borrowing FileDescriptor, until end: Int64) throws(BenchError) -> [UInt8]? {
    do throws(Errno) {
      let poller = try Poller(eventsMax: 1)
      try poller.add(output.rawValue, token: 0, interest: .readable)
      while true {
        let left = Int32(clamping: (end - SystemClock.monotonicNanoseconds) / 1_000_000)
        if left <= 0 { return nil }
        if try poller.wait(timeoutMilliseconds: left, { _ in }) > 0 { return try output.read(upTo: lineBytesMax) }
      }
    } catch {
      throw .system("read", error)
    }
  }

  /// The port in its line `… ready on 127.0.0.1:7777…`. Ends a program that printed something else.
  func port() throws(BenchError) -> UInt16 {
    let digits = firstLine.split(separator: ":").dropFirst().first?.prefix(while: \.isNumber)
    if let port = digits.flatMap({ UInt16($0) }) { return port }
    cleanup.end(child)
    throw .notStarted(path, reason: "it printed: \(firstLine)")
  }
}
