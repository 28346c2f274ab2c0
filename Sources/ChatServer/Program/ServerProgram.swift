import ChatProtocol
import ChatStore
import POSIX
import TLS
import Terminal
import Text

/// The program `chat-server`: a command line in, an exit status out.
package enum ServerProgram {
  private static let name = "chat-server"

  /// `arguments` is without the program's name.
  package static func run(_ arguments: [String]) -> ExitStatus {
    do throws(UsageError) {
      switch try ServerArguments(parsing: arguments) {
      case .help: return print(ServerHelp.text)
      case .version: return print("\(name) \(chatVersion)\n")
      case .check(let configuration, let withCertificate):
        return check(configuration.folder, withCertificate: withCertificate)
      case .settings(let configuration): return printSettings(configuration)
      case .serve(let configuration): return serve(configuration)
      }
    } catch {
      return fail(.usage, error.description)
    }
  }

  private static func serve(_ configuration: ServerConfiguration) -> ExitStatus {
    // A write to a pipe without a reader fails instead.
    Signal.brokenPipe.ignore()
    let server: Server
    do throws(ServerError) {
      server = try Server(configuration)
    } catch {
      if case .store(let error) = error { return fail(error) }
      return fail(ExitStatus(error), error.description)
    }
    defer {
      ConsoleOutput.output.finish(within: .seconds(1))
      ConsoleOutput.errors.finish(within: .seconds(1))
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

  private static func check(_ folder: DataFolder, withCertificate: Bool) -> ExitStatus {
    let faults = folder.check()
    var found = lines(faults)
    var isValid = !faults.contains { !$0.isWarning }
    if withCertificate, let files = CertificateFiles(presentIn: folder) {
      do throws(CertificateError) {
        _ = try files.load()
      } catch .unusable(.library(let reason)) {
        found += line("warning: \(reason); the certificate was not checked", of: files.certificate)
      } catch {
        found += "\(CleanText.string(from: error.description))\n"
        isValid = false
      }
    }
    if found.isEmpty { return print("\(CleanText.string(from: folder.path)): no errors\n") }
    let printed = print(found)
    return printed == .ok && !isValid ? .malformedData : printed
  }

  private static func printSettings(_ configuration: ServerConfiguration) -> ExitStatus {
    do throws(StoreError) {
      let settings = configuration.inForce(over: try configuration.folder.readSettings())
      return print(settings.write())
    } catch {
      return fail(error)
    }
  }

  // MARK: Output

  private static func print(_ text: String) -> ExitStatus { print(Array(text.utf8)) }

  private static func print(_ bytes: [UInt8]) -> ExitStatus {
    do throws(Errno) {
      try FileDescriptor(duplicating: 1).writeAll(bytes)
      return .ok
    } catch {
      return fail(.internalError, "cannot write to standard output: \(error)")
    }
  }

  /// The faults of the data folder as --check prints them, so that an editor finds the place.
  private static func fail(_ error: StoreError) -> ExitStatus {
    guard case .malformed(let faults) = error else { return fail(ExitStatus(error), error.description) }
    printError(lines(faults))
    return ExitStatus(error)
  }

  private static func fail(_ status: ExitStatus, _ message: String) -> ExitStatus {
    printError(line(message))
    return status
  }

  /// One line on standard error from a running server.
  static func warn(_ message: String) { ConsoleOutput.errors.post(line(message)) }

  private static func line(_ message: String, of subject: String = name) -> String {
    CleanText.string(from: "\(subject): \(message)") + "\n"
  }

  private static func lines(_ faults: [FileError]) -> String {
    faults.map { CleanText.string(from: $0.description) + "\n" }.joined()
  }

  /// Standard error may be closed.
  private static func printError(_ text: String) { try? FileDescriptor(duplicating: 2).writeAll(text) }
}

/// What a running server prints to standard output or standard error. A thread writes it: a full pipe or a stopped terminal
/// may take nothing for ever, and the loop must not wait for that.
///
/// A text that finds no room in the queue is dropped. The log has all of it as well.
struct ConsoleOutput {
  private static let waitingMax = 64

  static let output = ConsoleOutput(to: 1)
  static let errors = ConsoleOutput(to: 2)

  private let descriptor: CInt
  private let writer: WorkerPool?

  private init(to descriptor: CInt) {
    self.descriptor = descriptor
    writer = try? WorkerPool(threadCount: 1, waitingMax: ConsoleOutput.waitingMax)
  }

  func post(_ text: String) {
    _ = writer?.submit { [descriptor] in try? FileDescriptor(duplicating: descriptor).writeAll(text) }
  }

  /// Waits until all that was posted is written, or the time is over.
  func finish(within timeout: Duration) {
    let isWritten = Semaphore()
    guard writer?.submit({ isWritten.signal() }) == true else { return }
    _ = isWritten.wait(untilNanoseconds: (Instant.now + timeout).nanoseconds)
  }
}
