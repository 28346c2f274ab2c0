import ChatProtocol
import POSIX
import Terminal
import Text

/// The UI of pipes and of plain terminals: reads standard input line by line and writes to standard output and standard error.
final class LineUI: ClientUI {
  /// Far longer than the server's limit, which the server reports itself.
  private static let typedBytesMax = 1 << 20
  private static let readBytes = 64 << 10
  /// How much unread input is counted.
  private static let countedBytesMax = 1 << 20

  private enum InputState {
    case open
    /// A file, which is always ready and which epoll(7) refuses.
    case alwaysReady
    case ended
    /// The session knows that the input has ended.
    case endReported
  }

  private let display: Display
  private let input: FileDescriptor
  private let output: FileDescriptor
  private let errors: FileDescriptor
  /// Nil for a pipe.
  private let terminal: LineTerminal?
  /// Asks for a password; nil if there is no answer.
  private let readPassword: (String) -> Secret?

  private var typed = LineFramer(lineBytesMax: typedBytesMax)
  private var inputState = InputState.open
  private var isWatched = false
  private var unwritten: [(stream: DisplayedLine.Stream, bytes: [UInt8])] = []
  /// The question that the next line answers.
  private var openQuestion: String?
  private var passwordQuestion: String?
  private var wantsToQuit = false
  private var isEnded = false
  private var wantsTyped = false

  init(
    _ display: Display, input: consuming FileDescriptor, output: consuming FileDescriptor,
    errors: consuming FileDescriptor, terminal: LineTerminal? = nil, readPassword: @escaping (String) -> Secret?
  ) {
    self.display = display
    self.terminal = terminal
    self.input = input
    self.output = output
    self.errors = errors
    self.readPassword = readPassword
  }

  // MARK: Input

  /// Watches the input only while a line is wanted: a closed pipe would wake the loop for ever. A user may quit at any time.
  func watch(with poller: borrowing Poller, tokensFrom tokenMin: UInt64, awaited: AwaitedInput) throws(Errno) {
    wantsTyped = awaited.isShown
    let shallBeWatched = (wantsTyped || terminal != nil) && inputState == .open
    guard shallBeWatched != isWatched else { return }
    if shallBeWatched {
      guard try add(to: poller, token: tokenMin) else { return }
    } else {
      try poller.remove(input.rawValue)
    }
    isWatched = shallBeWatched
  }

  /// Returns false for a file, which is always ready.
  private func add(to poller: borrowing Poller, token: UInt64) throws(Errno) -> Bool {
    do throws(Errno) {
      try poller.add(input.rawValue, token: token, interest: .readable)
      return true
    } catch .notPermitted {
      inputState = .alwaysReady
      return false
    }
  }

  var waitLimitMilliseconds: Int32? { inputState == .alwaysReady && wantsTyped ? 0 : nil }

  func handle(_ token: UInt64?) throws(Errno) {
    guard token != nil || (inputState == .alwaysReady && wantsTyped) else { return }
    let bytes = try input.read(upTo: LineUI.readBytes)
    if let terminal, !wantsTyped {
      if terminal.typeAhead(bytes) { wantsToQuit = true }
    } else if bytes.isEmpty {
      inputState = .ended
    } else {
      typed.append(bytes.span)
    }
  }

  func next(_ awaited: AwaitedInput) throws(Errno) -> ClientInput? {
    if wantsToQuit {
      wantsToQuit = false
      return .endOfInput
    }
    try expect(awaited)
    if let question = passwordQuestion {
      passwordQuestion = nil
      return .password(readPassword(question))
    }
    guard awaited.isShown, inputState != .endReported else { return nil }
    switch inputState == .ended ? typed.finish() : typed.next() {
    case .line(let range):
      openQuestion = nil
      let line = typed.buffer[range]
      // A binary line is neither sent nor obeyed. UTF-16 has a NUL in nearly every line.
      let isUTF16 = line.starts(with: [0xFF, 0xFE]) || line.starts(with: [0xFE, 0xFF])
      if isUTF16 || line.contains(0) {
        return .typedUnusable(because: "the line is not UTF-8; convert UTF-16 with 'iconv -f UTF-16 -t UTF-8'")
      }
      return .typed(String(decoding: line, as: UTF8.self))
    case .tooLong: return .typedUnusable(because: "the line is too long to send")
    case nil:
      guard inputState == .ended else { return nil }
      inputState = .endReported
      return .endOfInput
    }
  }

  /// What is typed from here on is for `awaited`.
  private func expect(_ awaited: AwaitedInput) throws(Errno) {
    guard let terminal, !isEnded else { return }
    if try terminal.await(awaited) {
      append("-- \(ClientHelp.droppedInput)\n", to: display.questionStream)
      if let openQuestion { append(openQuestion, to: display.questionStream) }
    }
    if awaited.isShown { typed.append(terminal.takeTypedAhead().span) }
  }

  /// Counts the lines that were read and those that can be read without waiting.
  func unreadInput() throws(Errno) -> UnreadInput {
    while inputState == .open || inputState == .alwaysReady, typed.bufferedBytes < Self.countedBytesMax {
      if inputState == .open {
        let poller = try Poller(eventsMax: 1)
        guard try add(to: poller, token: 0) else { continue }
        guard try poller.wait(timeoutMilliseconds: 0, { _ in }) > 0 else { break }
      }
      let bytes = try input.read(upTo: Self.readBytes)
      if bytes.isEmpty { inputState = .ended } else { typed.append(bytes.span) }
    }
    var unread = UnreadInput(mayBeMore: inputState == .alwaysReady || typed.bufferedBytes >= Self.countedBytesMax)
    while let frame = inputState == .ended ? typed.finish() : typed.next() {
      if case .line(let range) = frame, String(decoding: typed.buffer[range], as: UTF8.self).isBlank { continue }
      unread.count += 1
    }
    return unread
  }

  // MARK: Output

  func show(_ item: DisplayItem) {
    var display = display
    if case .terminal(var terminal) = display {
      // The window may have a new width.
      terminal.columns = TerminalSize.of(output.rawValue)?.columns
      display = .terminal(terminal)
    }
    for line in display.lines(of: item) { append(line.text + "\n", to: line.stream) }
  }

  func ask(_ question: String) {
    let question = CleanText.string(from: question)
    append(question, to: display.questionStream)
    openQuestion = question
  }

  func askPassword(_ question: String) { passwordQuestion = question }

  /// Lines stay where they were written.
  func restoreInput(_ line: String) {}

  func show(_ overview: Overview, _ names: KnownNames) {}

  func takeTransferStop() -> Bool { false }

  func end(because reason: String?) {
    if openQuestion != nil { append("\n", to: display.questionStream) }
    terminal?.end()
    isEnded = true
    if let reason { append(ErrorText.of(reason), to: .error) }
  }

  /// If standard output fails, standard error says why, unless the reader just closed it.
  func flush(_ awaited: AwaitedInput) -> Bool {
    defer { unwritten = [] }
    // Writing reports a terminal that is gone.
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
}

/// A terminal in line mode: the system edits and shows the lines. What is typed while `chat` waits for the server, or asks for a
/// password, may be a password: it is not shown, and not used for anything else.
final class LineTerminal {
  let descriptor: CInt
  private let mode: TerminalMode
  private var isHidden = false
  private var hasAwaitedLine = false
  /// Typed while it was not shown.
  private var typedAhead: [UInt8] = []

  init(_ descriptor: CInt) throws(Errno) {
    self.descriptor = descriptor
    mode = try TerminalMode(of: descriptor)
    _ = mode.restoreOnEnd()
  }

  /// What is typed from here on is for `awaited`. Returns whether bytes were dropped that may be a password.
  func await(_ awaited: AwaitedInput) throws(Errno) -> Bool {
    guard awaited.isShown else {
      if !isHidden { try mode.disableEcho() }
      isHidden = true
      return false
    }
    defer { hasAwaitedLine = true }
    guard isHidden else { return false }
    isHidden = false
    // What was typed before the first question answers it.
    guard hasAwaitedLine || awaited != .name else {
      mode.restore()
      return false
    }
    let unread = try TerminalMode.unreadBytes(of: descriptor)
    let isDropped = !typedAhead.isEmpty || unread > 0
    typedAhead = []
    mode.restore(droppingTyped: true)
    return isDropped
  }

  /// Keeps bytes typed while no input is awaited. Returns whether they quit.
  func typeAhead(_ bytes: [UInt8]) -> Bool {
    typedAhead += bytes
    let lines = typedAhead.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    return bytes.isEmpty || lines.contains { $0.elementsEqual("/quit".utf8) }
  }

  func takeTypedAhead() -> [UInt8] {
    defer { typedAhead = [] }
    return typedAhead
  }

  /// Asks a question whose answer is shown. What was typed before it is dropped: it is no answer to it. Nil at the end of input.
  func askShown(_ question: String) -> String? {
    defer { if isHidden { try? mode.disableEcho() } }
    do throws(Errno) {
      let unread = try TerminalMode.unreadBytes(of: descriptor)
      let isDropped = !typedAhead.isEmpty || unread > 0
      typedAhead = []
      mode.restore(droppingTyped: true)
      let terminal = try FileDescriptor(duplicating: descriptor)
      try terminal.writeAll((isDropped ? "-- \(ClientHelp.droppedInput)\n" : "") + question)
      let bytes = try terminal.read(upTo: 4096)
      guard bytes.last == UInt8(ascii: "\n") else {
        try terminal.writeAll("\n")
        return nil
      }
      return String(decoding: bytes.dropLast(), as: UTF8.self)
    } catch {
      return nil
    }
  }

  func askPassword(_ question: String) -> String? {
    (try? SecretPrompt.read(question, ahead: &typedAhead)).flatMap { $0 }
  }

  /// Leaves the terminal to the screen. Returns what was typed.
  func handOver() -> [UInt8] {
    TerminalMode.stopRestoringOnEnd()
    mode.restore()
    isHidden = false
    return takeTypedAhead()
  }

  func end() { mode.restore(droppingTyped: isHidden) }
}
