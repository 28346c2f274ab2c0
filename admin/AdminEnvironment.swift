import Glibc
import POSIX
import Terminal
import Text

/// What the program reads and writes besides the control socket; tests replace it.
struct AdminEnvironment {
  /// Writes whole lines with their ends to standard output.
  var write: (String) throws(Errno) -> Void
  var writeError: (String) -> Void
  /// Reads one line without its end; `.fileTooLarge` if it cannot be a password.
  var readPassword: (_ prompt: String) throws(Errno) -> [UInt8]
  /// Shows a question and reads a line; nil at the end of input.
  var readAnswer: (_ question: String) throws(Errno) -> String? = { _ throws(Errno) in nil }
  /// Whether standard input is a terminal.
  var isInteractive = false
  /// The width of the terminal on standard output; nil if it is not a terminal.
  var columnsMax: Int?
  /// The path of `chat-server`, which checks data folders.
  var serverProgram = (try? CurrentProcess.path(ofProgram: "chat-server")) ?? "chat-server"
  /// How long the server may be silent.
  var replyTimeout = Duration.seconds(10)
  /// Whether standard input and output are one terminal that can be drawn on.
  var isAtTerminal = false
  /// Reads a line of a script on standard input, without its end; nil at the end, `.fileTooLarge` if it is too long.
  var readLine: () throws(Errno) -> [UInt8]? = { () throws(Errno) in nil }
  /// Signals that end a wait; nil where they end the process.
  var interruption: Interruption?
  /// Makes one, for a command that has to clean up when it is interrupted.
  var makeInterruption: () -> Interruption? = { nil }
  /// Writes bytes to standard output.
  var writeBytes: ([UInt8]) throws(Errno) -> Void = { _ throws(Errno) in throw .notSupported }
  /// Whether standard output is a terminal.
  var writesToTerminal = false

  /// The environment of this process.
  static var process: AdminEnvironment {
    let script = ScriptInput()
    let output = TerminalMode.isTerminal(STDOUT_FILENO)
    return AdminEnvironment(
      write: { text throws(Errno) in try FileDescriptor(duplicating: STDOUT_FILENO).writeAll(text) },
      writeError: { text in _ = try? FileDescriptor(duplicating: STDERR_FILENO).writeAll(text) },
      readPassword: { prompt throws(Errno) in
        if TerminalMode.isTerminal(STDIN_FILENO) { return Array((try SecretPrompt.read(prompt) ?? "").utf8) }
        return try readPasswordLine(from: FileDescriptor(duplicating: STDIN_FILENO))
      },
      readAnswer: { question throws(Errno) in
        do throws(Errno) { return try SecretPrompt.read(question, isShown: true) } catch .interrupted { return nil }
      },
      isInteractive: TerminalMode.isTerminal(STDIN_FILENO), columnsMax: TerminalSize.of(STDOUT_FILENO)?.columns,
      isAtTerminal: TerminalMode.isTerminal(STDIN_FILENO) && output && Environment.hasCapableTerminal,
      readLine: { () throws(Errno) in try script.next() }, makeInterruption: { try? Interruption() },
      writeBytes: { bytes throws(Errno) in try FileDescriptor(duplicating: STDOUT_FILENO).writeAll(bytes) },
      writesToTerminal: output)
  }

  /// Writes an error in one line or, for a terminal of `columnsMax`, wrapped between words.
  func report(_ error: AdminError, columnsMax: Int? = nil) {
    let text = "chat-admin: \(CleanText.string(from: error.message))"
    let lines = columnsMax.map { StyledText.wrapped(text, toColumns: $0, indent: 2) } ?? [text]
    writeError(lines.map { $0 + "\n" }.joined())
  }

  /// The whole input, which should be one line.
  static func readPasswordLine(from input: borrowing FileDescriptor) throws(Errno) -> [UInt8] {
    let bytesMax = 4096
    var bytes: [UInt8] = []
    while true {
      let more = try input.read(upTo: bytesMax)
      if more.isEmpty { break }
      bytes += more
      if bytes.count > bytesMax { throw .fileTooLarge }
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return bytes
  }
}

/// Standard input as lines.
private final class ScriptInput {
  private static let lineBytesMax = 1 << 16

  private var bytes: [UInt8] = []
  /// How many of `bytes` have been returned.
  private var taken = 0
  private var hasEnded = false

  /// The next line without its end, LF or CR LF; nil at the end. `.fileTooLarge` for a line that is too long.
  func next() throws(Errno) -> [UInt8]? {
    var searched = taken
    while true {
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) { return take(to: end, next: end + 1) }
      if hasEnded { return taken < bytes.count ? take(to: bytes.count, next: bytes.count) : nil }
      if bytes.count - taken > Self.lineBytesMax { throw .fileTooLarge }
      bytes.removeFirst(taken)
      taken = 0
      searched = bytes.count
      let more = try FileDescriptor(duplicating: STDIN_FILENO).read(upTo: Self.lineBytesMax)
      bytes += more
      hasEnded = more.isEmpty
    }
  }

  private func take(to end: Int, next: Int) -> [UInt8] {
    var line = bytes[taken..<end]
    taken = next
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return Array(line)
  }
}
