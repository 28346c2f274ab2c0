import JSON
import POSIX
import Terminal
import Text

/// The program `chat-bench`: a command line in, a report and an exit status out.
struct BenchProgram {
  /// Its outputs; tests pass their own.
  struct ProgramIO {
    var write: (String) throws(Errno) -> Void
    var writeError: @Sendable (String) -> Void
    /// Whether it handles SIGINT, SIGQUIT, SIGTERM, SIGHUP and SIGPIPE: not in a test.
    var takesSignals = false

    static var process: ProgramIO {
      ProgramIO(
        write: { text throws(Errno) in try FileDescriptor(duplicating: 1).writeAll(text) },
        // Standard error may be closed.
        writeError: { text in try? FileDescriptor(duplicating: 2).writeAll(text) },
        takesSignals: true)
    }
  }

  private let io: ProgramIO

  /// `arguments` is without the program's name.
  static func run(_ arguments: [String], in io: ProgramIO) -> ExitStatus {
    do throws(BenchError) {
      return try BenchProgram(io: io).run(try parse(arguments))
    } catch {
      io.writeError("chat-bench: \(CleanText.string(from: error.description))\n")
      return error.status
    }
  }

  private static func parse(_ arguments: [String]) throws(BenchError) -> BenchArguments {
    do throws(UsageError) {
      return try BenchArguments(parsing: arguments)
    } catch {
      throw .usage(error)
    }
  }

  private func run(_ arguments: BenchArguments) throws(BenchError) -> ExitStatus {
    switch arguments {
    case .help: try print(BenchHelp.text)
    case .list: try print(BenchHelp.list)
    case .broadcast(let tls): try broadcast(tls: tls)
    case .launch(let words): try ParentWatch.run(words)
    case .run(let options): return try measure(options)
    }
    return .ok
  }

  private func broadcast(tls: Bool) throws(BenchError) {
    let loop = try BroadcastLoop(input: 0, tls: tls)
    do throws(Errno) {
      try io.write("chat-bench broadcasting, ready on 127.0.0.1:\(try loop.port())\n")
      try loop.run()
    } catch {
      throw .system("broadcast", error)
    }
  }

  private func measure(_ options: BenchOptions) throws(BenchError) -> ExitStatus {
    let say = io.writeError
    let cleanup = Cleanup()
    let descriptorsMax: Int
    do throws(Errno) {
      if io.takesSignals {
        try cleanup.endAll(at: [.interrupt, .quit, .terminate, .hangup])
        // A write to a pipe without a reader fails instead, and the run ends in the usual way.
        Signal.brokenPipe.ignore()
      }
      descriptorsMax = try CurrentProcess.raiseDescriptorLimit()
    } catch {
      throw .system("starting", error)
    }
    if Report.Context.build != "release" {
      say("chat-bench: this is a debug build, its figures mean nothing; use swift run -c release chat-bench\n")
    }
    let server = if let path = options.server { path } else { try ServerProcess.program(beside: "chat-server") }
    let bench = Bench(
      chatServer: server, other: options.other, withTLS: options.tls, scale: options.scale,
      descriptorsMax: descriptorsMax, cleanup: cleanup, progress: { say("  \($0)\n") })
    var report = Report(context: try .current(server, options.scale, cleanup))
    for benchCase in BenchCase.all where options.cases.contains(benchCase.name) {
      say("\(benchCase.name)\n")
      do throws(BenchError) {
        try benchCase.run(bench, &report.results)
      } catch {
        say("chat-bench: \(benchCase.name): \(CleanText.string(from: error.description))\n")
        report.failures.append(Report.Failure(name: benchCase.name, reason: error))
      }
    }
    try print(
      options.json
        ? String(decoding: report.json.pretty, as: UTF8.self)
        : report.lines.map { CleanText.string(from: $0) + "\n" }.joined())
    return report.status
  }

  private func print(_ text: String) throws(BenchError) {
    do throws(Errno) {
      try io.write(text)
    } catch {
      throw .output(error)
    }
  }
}
