import ChatProtocol
import POSIX
import Terminal
import Text

/// Standard input line by line, and standard output and standard error: collects what is shown and writes it in one go.
final class LineUI: ClientUI {
  /// Far longer than the server takes, which says by itself that a line is too long.
  private static let typedBytesMax = 1 << 20
  private static let readBytes = 64 << 10
  /// As much of what nobody takes any more is counted.
  private static let countedBytesMax = 1 << 20

  private enum InputState {
    case open
    /// A file, which is always ready: epoll(7) does not take it.
    case alwaysReady
    case ended
    /// The session knows that it has ended.
    case told
  }

  private let display: Display
  private let input: FileDescriptor
  private let output: FileDescriptor
  private let errors: FileDescriptor
  /// nil where nobody types.
  private let terminal: LineTerminal?
  /// Asks for a secret; nil where none was given.
  private let readSecret: (String) -> Secret?

  private var typed = LineFramer(lineBytesMax: typedBytesMax)
  private var inputState = InputState.open
  private var isWatched = false
  private var unwritten: [(stream: DisplayedLine.Stream, bytes: [UInt8])] = []
  /// The question that the next line answers.
  private var openQuestion: String?
  private var wantsOut = false
  /// The terminal is as it was found.
  private var isOver = false
  private var secretQuestion: String?
  private var wantsTyped = false

  init(
    _ display: Display, input: consuming FileDescriptor, output: consuming FileDescriptor,
    errors: consuming FileDescriptor, terminal: LineTerminal? = nil, readSecret: @escaping (String) -> Secret?
  ) {
    self.display = display
    self.terminal = terminal
    self.input = input
    self.output = output
    self.errors = errors
    self.readSecret = readSecret
  }

  // MARK: Input

  /// Input that nobody wants yet is left where it is; a pipe that has ended would wake the loop for ever.
  func watch(with poller: borrowing Poller, tokensFrom tokenMin: UInt64, awaited: AwaitedInput) throws(Errno) {
    wantsTyped = awaited.isLine
    // A person may want to leave at any time.
    let shallBeWatched = (wantsTyped || terminal != nil) && inputState == .open
    guard shallBeWatched != isWatched else { return }
    if shallBeWatched {
      do {
        try poller.add(input.rawValue, token: tokenMin, interest: .readable)
      } catch .notPermitted {
        inputState = .alwaysReady
        return
      }
    } else {
      try poller.remove(input.rawValue)
    }
    isWatched = shallBeWatched
  }

  var patience_ms: Int32? { inputState == .alwaysReady && wantsTyped ? 0 : nil }

  func take(_ token: UInt64?) throws(Errno) {
    guard token != nil || (inputState == .alwaysReady && wantsTyped) else { return }
    let bytes = try input.read(upTo: LineUI.readBytes)
    if let terminal, !wantsTyped {
      if terminal.keep(bytes) { wantsOut = true }
    } else if bytes.isEmpty {
      inputState = .ended
    } else {
      typed.append(bytes.span)
    }
  }

  /// The answer to a secret question, or the next line that has been read, or the end.
  func next(_ awaited: AwaitedInput) throws(Errno) -> ClientInput? {
    if wantsOut {
      wantsOut = false
      return .endOfInput
    }
    try expect(awaited)
    if let question = secretQuestion {
      secretQuestion = nil
      return .secret(readSecret(question))
    }
    guard awaited.isLine, inputState != .told else { return nil }
    switch inputState == .ended ? typed.finish() : typed.next() {
    case .line(let range):
      // With the line the end of the question's line was typed.
      openQuestion = nil
      let line = typed.buffer[range]
      // What is no text at all is not said, and no command in it obeyed. UTF-16 has a NUL in nearly every line.
      let isUTF16 = line.starts(with: [0xFF, 0xFE]) || line.starts(with: [0xFE, 0xFF])
      if isUTF16 || line.contains(0) {
        return .typedUnusable(because: "the line is no text in UTF-8; of UTF-16, 'iconv -f UTF-16 -t UTF-8' makes it")
      }
      return .typed(String(decoding: line, as: UTF8.self))
    case .tooLong: return .typedUnusable(because: "the line is too long to send")
    case nil:
      guard inputState == .ended else { return nil }
      inputState = .told
      return .endOfInput
    }
  }

  /// What is typed from here on is for what is awaited.
  private func expect(_ awaited: AwaitedInput) throws(Errno) {
    guard let terminal, !isOver else { return }
    if try terminal.await(awaited) {
      let sentence = "-- What you typed ahead was dropped, as it may hold a password. Type it again.\n"
      append(sentence, to: display.questionStream)
      if let openQuestion { append(openQuestion, to: display.questionStream) }
    }
    if awaited.isLine { typed.append(terminal.takeKept().span) }
  }

  /// Those that were read, and those that have been written for it to read.
  func unreadLines() throws(Errno) -> UnreadLines {
    while inputState == .open || inputState == .alwaysReady, typed.bufferedBytes < Self.countedBytesMax {
      if inputState == .open {
        let poller = try Poller(events_max: 1)
        do throws(Errno) {
          try poller.add(input.rawValue, token: 0, interest: .readable)
        } catch .notPermitted {
          inputState = .alwaysReady
          continue
        }
        guard try poller.wait(timeout_ms: 0, { _ in }) > 0 else { break }
      }
      let bytes = try input.read(upTo: Self.readBytes)
      if bytes.isEmpty { inputState = .ended } else { typed.append(bytes.span) }
    }
    var unread = UnreadLines(mayBeMore: inputState == .alwaysReady || typed.bufferedBytes >= Self.countedBytesMax)
    while let frame = inputState == .ended ? typed.finish() : typed.next() {
      if case .line(let range) = frame, String(decoding: typed.buffer[range], as: UTF8.self).isBlank { continue }
      unread.count += 1
    }
    return unread
  }

  // MARK: Output

  func show(_ shown: Shown) {
    for line in sized(display).lines(of: shown) { append(line.text + "\n", to: line.stream) }
  }

  func ask(_ question: String) {
    let question = CleanText.string(from: question)
    append(question, to: display.questionStream)
    openQuestion = question
  }

  func askSecret(_ question: String) { secretQuestion = question }

  /// Lines that were read stand where they were written.
  func giveBack(_ line: String) {}

  func show(_ overview: Overview, _ names: KnownNames) {}

  func takeStop() -> Bool { false }

  func end(because reason: String?) {
    if openQuestion != nil { append("\n", to: display.questionStream) }
    terminal?.end()
    isOver = true
    if let reason { append("chat: \(CleanText.string(from: reason))\n", to: .error) }
  }

  /// Where nobody can be shown anything any more, and that is not just a reader that has seen enough, standard error says why.
  func flush(_ awaited: AwaitedInput) -> Bool {
    defer { unwritten = [] }
    // A terminal that has gone is noticed where it is written to.
    if !unwritten.isEmpty { try? expect(awaited) }
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

  private func append(_ text: String, to stream: DisplayedLine.Stream) {
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
