import Foundation
import POSIX
import Synchronization

/// One of this package's built programs in a process of its own, with pipes as its three standard streams.
///
/// It starts with the signal settings of a shell, whatever other tests have changed in this process.
final class Program {
  /// How a program ended.
  struct End {
    /// As `$?` in a shell: 128 and the signal's number where a signal killed it.
    var status: Int32
    var output: String
    var errors: String
  }

  /// Only a program that hangs reaches this timeout.
  private static let waitLimitMilliseconds: Int32 = 60_000

  var processID: Int32 { child.id }
  private let child: ChildProcess
  private let poller: Poller
  /// Exists for as long as the program runs.
  private let state: StateFolder?
  private var ends: [Stream]
  private var isOver = false

  /// What the program writes to one descriptor.
  private final class Stream {
    let descriptor: FileDescriptor
    var bytes: [UInt8] = []
    var hasEnded = false

    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
  }

  /// A process and its outputs.
  private struct Started: ~Copyable {
    let child: ChildProcess
    let output: FileDescriptor
    let errors: FileDescriptor
  }

  /// Programs start one at a time. A pipe that another test creates at the same moment would be inherited by this
  /// program, and would stay open until it ends.
  private static let starting = Mutex(())

  /// `input` is its whole standard input, and fits into a pipe.
  init(
    _ name: String, _ arguments: [String], state: StateFolder? = nil, environment: [String: String] = [:],
    input: String = ""
  ) throws {
    self.state = state
    var variables = ProcessInfo.processInfo.environment
    variables["CHAT_PASSWORD"] = nil
    if let state { variables["XDG_STATE_HOME"] = state.path }
    variables.merge(environment) { $1 }
    let started = try Program.start(
      Program.path(of: name), arguments, environment: variables.map { "\($0)=\($1)" }, input: input)
    child = started.child
    poller = try Poller(eventsMax: 2)
    try poller.add(started.output.rawValue, token: 0, interest: .readable)
    try poller.add(started.errors.rawValue, token: 1, interest: .readable)
    ends = [Stream(started.output), Stream(started.errors)]
  }

  private static func start(
    _ path: String, _ arguments: [String], environment: [String], input: String
  ) throws -> Started {
    try starting.withLock { _ in
      let filled = try filledPipe(input)
      let output = try FileDescriptor.pipe()
      let errors = try FileDescriptor.pipe()
      let child = try ChildProcess(
        path: path, arguments: arguments, environment: environment,
        ends: [filled.rawValue, output.writing.rawValue, errors.writing.rawValue])
      return Started(child: child, output: output.reading, errors: errors.reading)
    }
  }

  deinit {
    guard !isOver else { return }
    try? Signal.kill.send(to: processID)
    child.wait()
  }

  /// The test bundle is in the same folder as the programs. System programs are given by their full path.
  static func path(of name: String) -> String {
    if name.hasPrefix("/") { return name }
    return URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// Runs a program until it ends.
  static func run(
    _ name: String, _ arguments: [String], environment: [String: String] = [:], input: String = ""
  ) throws -> End {
    try Program(name, arguments, environment: environment, input: input).finish()
  }

  private static func filledPipe(_ input: String) throws -> FileDescriptor {
    let pipe = try FileDescriptor.pipe()
    try pipe.writing.writeAll(input)
    return pipe.reading
  }

  func send(_ signal: Signal) throws { try signal.send(to: processID) }

  /// The next line of its standard output, without its end; nil at the end.
  func readLine() throws -> String? {
    while true {
      if let end = ends[0].bytes.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: ends[0].bytes[..<end], as: UTF8.self)
        ends[0].bytes.removeSubrange(...end)
        return line
      }
      if ends[0].hasEnded { return nil }
      try receive(within: Program.waitLimitMilliseconds)
    }
  }

  /// Whether it has closed its outputs, and so has ended. Does not wait.
  func hasClosedItsOutputs() throws -> Bool {
    try receive(within: 0)
    return ends.allSatisfy(\.hasEnded)
  }

  /// Waits until it has ended. Includes the output that was not read as lines.
  func finish() throws -> End {
    while !ends.allSatisfy(\.hasEnded) { try receive(within: Program.waitLimitMilliseconds) }
    let status = child.wait()
    isOver = true
    return End(
      status: status, output: String(decoding: ends[0].bytes, as: UTF8.self),
      errors: String(decoding: ends[1].bytes, as: UTF8.self))
  }

  private func receive(within timeoutMilliseconds: Int32) throws {
    var ready: [Int] = []
    try poller.wait(timeoutMilliseconds: timeoutMilliseconds) { ready.append(Int($0.token)) }
    if ready.isEmpty, timeoutMilliseconds > 0 {
      throw TestFailure(
        "the program says nothing and does not end: \(ends.map { String(decoding: $0.bytes, as: UTF8.self) })")
    }
    for number in ready {
      let bytes = try ends[number].descriptor.read(upTo: 64 << 10)
      ends[number].bytes += bytes
      guard bytes.isEmpty else { continue }
      ends[number].hasEnded = true
      try poller.remove(ends[number].descriptor.rawValue)
    }
  }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
