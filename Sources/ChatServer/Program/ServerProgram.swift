import ChatProtocol
import ChatStore
import POSIX
import Terminal
import Text

/// The program `chat-server`.
package enum ServerProgram {
  private static let name = "chat-server"
  /// How long the end waits for what was printed to be taken.
  private static let lastWords_ms: Int32 = 1000

  /// Does what the arguments, which come without the program's name, ask for; returns how that ended.
  package static func run(_ arguments: [String]) -> ExitStatus {
    do throws(UsageError) {
      switch try ServerArguments(parsing: arguments) {
      case .help: return say(ServerHelp.text)
      case .version: return say("\(name) \(chatVersion)\n")
      case .check(let configuration): return check(configuration)
      case .settings(let configuration): return printSettings(configuration)
      case .serve(let configuration): return serve(configuration)
      }
    } catch {
      return fail(.usage, error.description)
    }
  }

  private static func serve(_ configuration: ServerConfiguration) -> ExitStatus {
    // Writing to a pipe that has lost its reader fails, and nothing else comes of it.
    Signal.brokenPipe.ignore()
    let server: Server
    do throws(ServerError) {
      server = try Server(configuration)
    } catch {
      if case .store(let error) = error { return fail(error) }
      return fail(ExitStatus(error), error.description)
    }
    defer {
      ConsoleOutput.output.finish(within: lastWords_ms)
      ConsoleOutput.errors.finish(within: lastWords_ms)
    }
    do throws(ServerError) {
      try server.run { running in
        ConsoleOutput.output.post(
          "\(name) ready on \(running.address), control \(CleanText.string(from: running.controlPath)), "
            + "data \(CleanText.string(from: configuration.folder.path))\n")
      }
      return .ok
    } catch {
      warn(error.description)
      return ExitStatus(error)
    }
  }

  private static func check(_ configuration: ServerConfiguration) -> ExitStatus {
    let faults = configuration.folder.check()
    if faults.isEmpty { return say("\(CleanText.string(from: configuration.folder.path)): no faults\n") }
    let said = say(faults.map { CleanText.string(from: $0.description) + "\n" }.joined())
    return said == .ok && faults.contains { !$0.isWarning } ? .malformedData : said
  }

  private static func printSettings(_ configuration: ServerConfiguration) -> ExitStatus {
    do throws(StoreError) {
      let settings = configuration.inForce(over: try configuration.folder.readSettings())
      return say(settings.write())
    } catch {
      return fail(error)
    }
  }

  // MARK: Output

  private static func say(_ text: String) -> ExitStatus { say(Array(text.utf8)) }

  private static func say(_ bytes: [UInt8]) -> ExitStatus {
    do throws(Errno) {
      try FileDescriptor(duplicating: 1).writeAll(bytes)
      return .ok
    } catch {
      return fail(.internalError, "cannot write to standard output: \(error)")
    }
  }

  private static func fail(_ error: StoreError) -> ExitStatus {
    guard case .malformed(let faults) = error else { return fail(ExitStatus(error), error.description) }
    // As --check prints them, so that an editor finds the place.
    complain(faults.map { CleanText.string(from: $0.description) + "\n" }.joined())
    return ExitStatus(error)
  }

  /// One line on standard error, from a server that goes on.
  static func warn(_ sentence: String) { ConsoleOutput.errors.post(line(sentence)) }

  private static func fail(_ status: ExitStatus, _ sentence: String) -> ExitStatus {
    complain(line(sentence))
    return status
  }

  private static func line(_ sentence: String) -> String { "\(name): \(CleanText.string(from: sentence))\n" }

  /// Where standard error is closed there is nobody left to tell.
  private static func complain(_ text: String) {
    do throws(Errno) {
      try FileDescriptor(duplicating: 2).writeAll(text)
    } catch {}
  }
}

/// What a running server prints to standard output or standard error. A thread writes it: a pipe that is full or a terminal that was
/// stopped takes nothing, perhaps for ever, and the loop must not wait for that.
///
/// A text for which there is no place among those that wait is dropped. All that it says is in the log as well.
struct ConsoleOutput {
  private static let waitingMax = 64

  static let output = ConsoleOutput(to: 1)
  static let errors = ConsoleOutput(to: 2)

  private let descriptor: CInt
  private let writer: WorkerPool?

  private init(to descriptor: CInt) {
    self.descriptor = descriptor
    writer = try? WorkerPool(threadCount: 1, waiting_max: ConsoleOutput.waitingMax)
  }

  func post(_ text: String) {
    _ = writer?.submit { [descriptor] in try? FileDescriptor(duplicating: descriptor).writeAll(text) }
  }

  /// Waits until all that was posted before is written, and no longer than `timeout_ms`.
  func finish(within timeout_ms: Int32) {
    do throws(Errno) {
      let done = try Inbox<Bool>()
      let poller = try Poller(events_max: 1)
      try poller.add(done.rawValue, token: 0, interest: .readable)
      guard writer?.submit({ done.post(true) }) == true else { return }
      try poller.wait(timeout_ms: timeout_ms) { _ in }
    } catch {}
  }
}
