import Glibc
import POSIX
import Terminal
import Text

/// What the program reads and writes besides the control socket, so that tests can stand in for it.
struct AdminEnvironment {
  /// Takes whole lines with their line ends.
  var write: (String) throws(Errno) -> Void
  var writeError: (String) -> Void
  /// One line without its end, as bytes from wherever standard input comes from; `.fileTooLarge` where it is no password.
  var readPassword: (_ prompt: String) throws(Errno) -> [UInt8]
  /// Shows a question and reads a line; nil at the end of input.
  var readAnswer: (_ question: String) throws(Errno) -> String? = { _ throws(Errno) in nil }
  /// Whether a person sits there: standard input is a terminal.
  var isInteractive = false
  /// How wide the terminal is that standard output is; nil where it is none.
  var columnsMax: Int?
  /// The server's program, for the checking of a folder that no server is using.
  var serverProgram = besideThisProgram("chat-server")
  /// How long the server may be silent before it counts as stuck.
  var silence_ms_max: Int32 = 10_000
  /// Whether a person types at one terminal and reads at it, and it can be drawn on.
  var isAtTerminal = false
  /// A line of a script that standard input is, without its end; nil at the end, `.fileTooLarge` where it is no line.
  var readLine: () throws(Errno) -> [UInt8]? = { () throws(Errno) in nil }
  /// What ends a wait; nil where signals do that by ending the process.
  var interruption: Interruption?
  /// Makes one, for a command that has something to put away when it is ended.
  var makeInterruption: () -> Interruption? = { nil }
  /// Takes bytes that are no text, at standard output.
  var writeBytes: ([UInt8]) throws(Errno) -> Void = { _ throws(Errno) in throw .notSupported }
  /// Whether standard output is a terminal.
  var showsTerminal = false

  /// Those of this process.
  static var process: AdminEnvironment {
    let script = ScriptLines()
    return AdminEnvironment(
      write: { text throws(Errno) in try writeAll(text, to: STDOUT_FILENO) },
      writeError: { try? writeAll($0, to: STDERR_FILENO) },
      readPassword: { prompt throws(Errno) in
        // A person who forgot the pipe is asked, and not left before a cursor that shows what is typed.
        if TerminalMode.isTerminal(STDIN_FILENO) { return Array((try SecretPrompt.read(prompt) ?? "").utf8) }
        return try readLine(from: FileDescriptor(duplicating: STDIN_FILENO))
      },
      readAnswer: { question throws(Errno) in
        do throws(Errno) { return try SecretPrompt.read(question, isShown: true) } catch .interrupted { return nil }
      },
      isInteractive: TerminalMode.isTerminal(STDIN_FILENO), columnsMax: TerminalSize.of(STDOUT_FILENO)?.columns,
      isAtTerminal: TerminalMode.isTerminal(STDIN_FILENO) && TerminalMode.isTerminal(STDOUT_FILENO)
        && Environment.hasCapableTerminal,
      readLine: { () throws(Errno) in try script.next() }, makeInterruption: { try? Interruption() },
      writeBytes: { bytes throws(Errno) in try FileDescriptor(duplicating: STDOUT_FILENO).writeAll(bytes) },
      showsTerminal: TerminalMode.isTerminal(STDOUT_FILENO))
  }

  /// An error, in one line; on a terminal of so many columns, in lines that end between words.
  func tell(_ failure: AdminError, columnsMax: Int? = nil) {
    let text = "chat-admin: \(CleanText.string(from: failure.message))"
    let lines = columnsMax.map { StyledText.wrapped(text, toColumns: $0, indent: 2) } ?? [text]
    writeError(lines.map { $0 + "\n" }.joined())
  }

  private static func besideThisProgram(_ name: String) -> String {
    let own = (try? File.target(ofLink: "/proc/self/exe")) ?? ""
    return own.lastIndex(of: "/").map { String(own[...$0]) + name } ?? name
  }

  private static func writeAll(_ text: String, to descriptor: CInt) throws(Errno) {
    try FileDescriptor(duplicating: descriptor).writeAll(text)
  }

  /// All of the input, which is to be one line.
  static func readLine(from input: borrowing FileDescriptor) throws(Errno) -> [UInt8] {
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
