import ChatProtocol

// What is typed, or read from a script.
extension ClientSession {
  mutating func take(_ line: String) {
    switch phase {
    case .asking(.name): takeName(line)
    case .asking(.choice(let choices)): takeChoice(line, among: choices)
    case .chatting, .lost, .comingBack, .greeting: keep(line)
    default: preconditionFailure("a line was taken that nobody wanted")
    }
  }

  /// Lines go out in order, each in its turn.
  private mutating func keep(_ line: String) {
    if phase != .chatting, understood(line) == .quit { return leaveWithoutConnection() }
    unsent.append(line)
    sendUnsent()
  }

  mutating func sendTyped(_ line: String) {
    linesTyped += 1
    // The server would answer an empty line by an error; nobody means anything by one.
    if line.allSatisfy({ $0 == " " || $0 == "\t" || $0 == "\r" }) { return }
    if takeFileLine(line) { return }
    if settings.isInteractive, let command = SecretCommand(typed: line, number: linesTyped) {
      return ask(for: command)
    }
    let command = understood(line)
    if case .format(let dialect)? = command, dialect != .json {
      return refuseLine(linesTyped, "chat itself speaks json with the server; for the text dialect connect with nc")
    }
    send(
      line,
      expecting: .typed(TypedLine(line: line, command: command, number: linesTyped, room: viewpoint.room)))
  }

  /// What the server will make of a line; nil where it will refuse it.
  func understood(_ line: String) -> Command? {
    try? CommandParser.parse(Array(line.utf8).span).get()
  }

  mutating func takeTooLong() {
    if case .chatting = phase { linesTyped += 1 }
    refuseLine(linesTyped, "the line is too long to send")
  }

  /// Says that a line was not taken; a script's exit status will say so too.
  mutating func refuseLine(_ number: Int, _ sentence: String) {
    linesRefused += 1
    complain(settings.isInteractive ? sentence : "line \(number): \(sentence)")
  }

  mutating func endInput() {
    isInputEnded = true
    switch phase {
    case .asking: exit(.ok)
    case .lost, .comingBack: leaveWithoutConnection()
    default:
      if settings.isInteractive, !transfers.isEmpty {
        note("chat leaves once the files are through; Ctrl-C stops them.")
      }
      leaveIfDone()
    }
  }

  /// At the end of input, once all that was sent is acknowledged.
  mutating func leaveIfDone() {
    guard phase == .chatting, isInputEnded, pending.isEmpty, unsent.isEmpty, transfers.isEmpty else { return }
    leave(alreadyAsked: false)
  }

  mutating func leave(alreadyAsked: Bool) {
    let status = !settings.isInteractive && linesRefused > 0 ? ExitStatus.lineRefused : .ok
    phase = .leaving(status)
    if alreadyAsked { exit(status) } else { send("/quit", expecting: .quit) }
  }
}
