import POSIX

/// A process that has printed its first line.
struct StartedProgram: ~Copyable {
  let path: String
  let child: ChildProcess
  /// What it reads.
  let input: FileDescriptor
  let firstLine: String
  private let leftovers: Leftovers

  /// How long that line may take: a million accounts take seconds, and more on a slow disk.
  static let patience_ms: Int64 = 60_000
  private static let lineBytes_max = 4096

  /// Where it says nothing it is ended.
  init(
    _ path: String, _ arguments: [String], _ leftovers: Leftovers, patience_ms: Int64
  ) throws(BenchError) {
    let input = try Self.pipe()
    let output = try Self.pipe()
    let child = try leftovers.start(path, arguments, ends: [input.reading.rawValue, output.writing.rawValue, 2])
    let words = output.reading
    // The child has one of its own now; while this one is open too, its end would not be seen.
    _ = consume output.writing
    do throws(BenchError) {
      firstLine = try Self.readLine(words, path, patience_ms: patience_ms)
    } catch {
      leftovers.end(child)
      throw error
    }
    self.path = path
    self.child = child
    self.input = input.writing
    self.leftovers = leftovers
  }

  private static func pipe() throws(BenchError) -> Pipe {
    do throws(Errno) {
      return try FileDescriptor.pipe()
    } catch {
      throw .system("pipe", error)
    }
  }

  private static func readLine(
    _ output: borrowing FileDescriptor, _ path: String, patience_ms: Int64
  ) throws(BenchError) -> String {
    let end_ns = SystemClock.monotonic_ns + patience_ms * 1_000_000
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      guard line.count < lineBytes_max, let more = try read(output, until: end_ns) else {
        throw .notStarted(path, reason: "it said no whole line within \(patience_ms) ms")
      }
      if more.isEmpty { throw .notStarted(path, reason: "it ended without saying that it is ready") }
      line += more
    }
    return String(String(decoding: line, as: UTF8.self).prefix { !$0.isNewline })
  }

  /// What has come, empty at the end; nil where nothing came in time.
  private static func read(_ output: borrowing FileDescriptor, until end_ns: Int64) throws(BenchError) -> [UInt8]? {
    do throws(Errno) {
      let poller = try Poller(events_max: 1)
      try poller.add(output.rawValue, token: 0, interest: .readable)
      while true {
        let left_ms = Int32(clamping: (end_ns - SystemClock.monotonic_ns) / 1_000_000)
        if left_ms <= 0 { return nil }
        if try poller.wait(timeout_ms: left_ms, { _ in }) > 0 { return try output.read(upTo: lineBytes_max) }
      }
    } catch {
      throw .system("read", error)
    }
  }

  /// Where it serves, as it says: `… ready on 127.0.0.1:7777` and whatever follows. One that says something else is ended.
  func port() throws(BenchError) -> UInt16 {
    let digits = firstLine.split(separator: ":").dropFirst().first?.prefix(while: \.isNumber)
    if let port = digits.flatMap({ UInt16($0) }) { return port }
    leftovers.end(child)
    throw .notStarted(path, reason: "it said: \(firstLine)")
  }
}
