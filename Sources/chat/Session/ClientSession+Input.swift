import ChatProtocol
import Text

// Typed lines, from a user or a script, until the end of input.
extension ClientSession {
  /// How many lines may be unanswered at a time: a server slows down a client that sends more than it can take.
  private static let unansweredMax = 10

  mutating func receiveInput(_ line: String) {
    let line = settings.isInteractive ? line.withoutMark.withoutBlanksBeforeCommand : line.withoutMark
    switch state {
    case .asking(.name): answerName(line)
    case .asking(.choice(let choices)): answerChoice(line, among: choices)
    case .chatting, .disconnected, .reconnecting, .greeting: enqueue(line)
    default: preconditionFailure("input waits in this state")
    }
  }

  private mutating func enqueue(_ line: String) {
    linesTyped += 1
    // The server refuses an empty line; a user who presses Enter on one wants to reconnect now.
    if line.isBlank {
      if state == .disconnected { output(.connectNow) }
      return
    }
    if settings.isInteractive || state != .chatting, Command(parsing: line) == .quit { return endInput() }
    unsent.append(QueuedLine(text: line, number: linesTyped))
    sendUnsent()
  }

  /// Sends the waiting lines, up to a `/join` that may ask for a password.
  mutating func sendUnsent() {
    while state == .chatting, !unsent.isEmpty, pending.typedLines.count < Self.unansweredMax,
      !settings.isInteractive || !pending.typedLines.contains(where: { $0.command?.isJoinWithoutPassword == true })
    {
      send(unsent.removeFirst())
    }
  }

  private mutating func send(_ queued: QueuedLine) {
    let (line, number) = (queued.text, queued.number)
    if runOwnCommand(line) { return }
    if settings.isInteractive, let prompt = PasswordPrompt(typed: line, number: number) { return ask(for: prompt) }
    let command = Command(parsing: line)
    if case .format(let dialect)? = command, dialect != .json {
      return refuseLine(number, "chat needs the json dialect; to use the text dialect, connect with nc")
    }
    send(line, expecting: .typed(TypedLine(line: line, command: command, number: number, room: context.room)))
  }

  /// Whether a script's next line may be sent: the one before is acknowledged, and the id of the room's last message is
  /// known, so that the line could be found in the history after a lost connection.
  var isReadyForScript: Bool {
    guard pending.typedLines.isEmpty, transfers.lines.isEmpty else { return false }
    guard settings.reconnects, let room = context.room, overview[room] != nil else { return true }
    return history.isKnown(room)
  }

  /// Shows why a line was not sent or refused; it counts for a script's exit status.
  mutating func refuseLine(_ number: Int, _ sentence: String) {
    linesRefused += 1
    showError(settings.isInteractive ? sentence : "line \(number): \(sentence)")
  }

  // MARK: Quitting

  mutating func endInput() {
    // A user who asks twice does not want to wait for acknowledgements.
    if isInputEnded, settings.isInteractive {
      if case .leaving(let status) = state { return exit(status) }
      return leaveWithoutConnection()
    }
    isInputEnded = true
    switch state {
    case .asking: quitQuestion()
    case .disconnected, .reconnecting: if settings.isInteractive { leaveWithoutConnection() }
    case .greeting where settings.isInteractive, .loggingIn where settings.isInteractive,
      .joining where settings.isInteractive:
      leaveWithoutConnection()
    default:
      // The screen has said that files are on their way, so the user does not want to wait for them.
      if settings.hasOverview {
        transfers.removeAll()
      } else if settings.isInteractive, !transfers.isEmpty {
        showNotice("chat leaves once all transfers are done; Ctrl-C stops them.")
      }
      leaveIfDone()
    }
  }

  /// Quits at the end of input, once the server has acknowledged everything.
  mutating func leaveIfDone() {
    guard state == .chatting, isInputEnded, pending.isEmpty, unsent.isEmpty, transfers.isEmpty else { return }
    state = .leaving(lastStatus)
    send("/quit", expecting: .quit)
  }

  /// The exit status if no error ends the session.
  var lastStatus: ExitStatus { !settings.isInteractive && linesRefused > 0 ? .lineRefused : .ok }
}

extension String {
  /// Without a byte-order mark, which some editors write at the beginning of a file: it would make a command a message.
  fileprivate var withoutMark: String {
    unicodeScalars.first == "\u{FEFF}" ? String(unicodeScalars.dropFirst()) : self
  }

  /// A command after blanks or invisible characters, which copied text may begin with, is still a command.
  fileprivate var withoutBlanksBeforeCommand: String {
    let line = unicodeScalars.drop(while: CleanText.isInvisible)
    return line.first == "/" ? String(line) : self
  }

  var isBlank: Bool { allSatisfy { $0 == " " || $0 == "\t" || $0 == "\r" } }
}
