import POSIX
import Terminal
import Text

/// Standard output and standard error: collects what is shown and writes it in one go.
struct Screen: ~Copyable {
  private let display: Display
  private let output: FileDescriptor
  private let errors: FileDescriptor
  private var unwritten: [(stream: DisplayedLine.Stream, bytes: [UInt8])] = []
  private var isQuestionOpen = false

  init(_ display: Display, output: consuming FileDescriptor, errors: consuming FileDescriptor) {
    self.display = display
    self.output = output
    self.errors = errors
  }

  mutating func show(_ shown: Shown) {
    for line in sized(display).lines(of: shown) { append(line.text + "\n", to: line.stream) }
  }

  /// A question that is answered on the same line.
  mutating func ask(_ question: String) {
    append(CleanText.string(from: question), to: display.questionStream)
    isQuestionOpen = true
  }

  /// A line was typed, and with it the end of the question's line.
  mutating func noteTyped() { isQuestionOpen = false }

  /// The last words, if there are any.
  mutating func end(because reason: String?) {
    if isQuestionOpen { append("\n", to: display.questionStream) }
    if let reason { append("chat: \(CleanText.string(from: reason))\n", to: .error) }
  }

  /// Writes what was collected. False if nobody can be shown anything any more; where that is not just a reader that has
  /// seen enough, standard error says why.
  mutating func flush() -> Bool {
    defer { unwritten = [] }
    for (stream, bytes) in unwritten {
      do throws(Errno) {
        switch stream {
        case .output: try output.writeAll(bytes)
        case .error: try errors.writeAll(bytes)
        }
      } catch {
        if error != .brokenPipe { try? errors.writeAll("chat: cannot write to standard output: \(error)\n") }
        return false
      }
    }
    return true
  }

  private mutating func append(_ text: String, to stream: DisplayedLine.Stream) {
    if unwritten.last?.stream == stream {
      unwritten[unwritten.count - 1].bytes += text.utf8
    } else {
      unwritten.append((stream, Array(text.utf8)))
    }
  }

  /// The window may have another width than before.
  private func sized(_ display: Display) -> Display {
    guard case .terminal(var terminal) = display else { return display }
    terminal.columns = TerminalSize.of(output.rawValue)?.columns
    return .terminal(terminal)
  }
}
