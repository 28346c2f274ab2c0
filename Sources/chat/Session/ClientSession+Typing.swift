import ChatProtocol
import Text

// What is typed, or read from a script.
extension ClientSession {
  mutating func take(_ line: String) {
    let line = settings.isInteractive ? line.withoutMark.withoutBlanksBeforeCommand : line.withoutMark
    switch phase {
    case .asking(.name): takeName(line)
    case .asking(.choice(let choices)): takeChoice(line, among: choices)
    case .chatting, .lost, .comingBack, .greeting: keep(line)
    default: preconditionFailure("a line was taken that nobody wanted")
    }
  }

  /// Lines go out in order, each in its turn.
  private mutating func keep(_ line: String) {
    linesTyped += 1
    // The server would answer an empty line by an error; nobody means anything by one but to be quick.
    if line.isBlank {
      if phase == .lost { outputs.append(.connectNow) }
      return
    }
    if settings.isInteractive || phase != .chatting, understood(line) == .quit { return endInput() }
    unsent.append(WaitingLine(text: line, number: linesTyped))
    sendUnsent()
  }

  mutating func sendTyped(_ waiting: WaitingLine) {
    let (line, number) = (waiting.text, waiting.number)
    if takeFileLine(line) { return }
    if settings.isInteractive, let command = SecretCommand(typed: line, number: number) {
      return ask(for: command)
    }
    let command = understood(line)
    if case .format(let dialect)? = command, dialect != .json {
      return refuseLine(number, "chat itself speaks json with the server; for the text dialect connect with nc")
    }
    send(line, expecting: .typed(TypedLine(line: line, command: command, number: number, room: viewpoint.room)))
  }

  /// Whether a script's next line may go: the one before is acknowledged, and it is known where its room's past ends, so that
  /// the line would be found there if the connection were lost.
  var isReadyForScript: Bool {
    guard !pending.contains(where: \.isTyped), !isFileOfScriptUnderWay else { return false }
    guard settings.comesBack, let room = viewpoint.room, overview[room] != nil else { return true }
    return lastSeen[room] != nil || pastless.contains(room)
  }

  /// What the server will make of a line; nil where it will refuse it.
  func understood(_ line: String) -> Command? {
    try? CommandParser.parse(Array(line.utf8).span).get()
  }

  mutating func takeUnusable(_ reason: String) {
    if case .chatting = phase { linesTyped += 1 }
    refuseLine(linesTyped, reason)
  }

  /// Says that a line was not taken; a script's exit status will say so too.
  mutating func refuseLine(_ number: Int, _ sentence: String) {
    linesRefused += 1
    complain(settings.isInteractive ? sentence : "line \(number): \(sentence)")
  }

  mutating func endInput() {
    // Who asks twice does not want to wait for an acknowledgement.
    if isInputEnded, settings.isInteractive {
      if case .leaving(let status) = phase { return exit(status) }
      return leaveWithoutConnection()
    }
    isInputEnded = true
    switch phase {
    case .asking: exit(.ok)
    case .lost, .comingBack: if settings.isInteractive { leaveWithoutConnection() }
    case .greeting where settings.isInteractive, .comingIn where settings.isInteractive,
      .enteringRoom where settings.isInteractive:
      leaveWithoutConnection()
    default:
      // Whoever has a screen was told what is on its way, and does not want to wait.
      if settings.hasOverview {
        transfers = [:]
      } else if settings.isInteractive, !transfers.isEmpty {
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
    phase = .leaving(lastStatus)
    if alreadyAsked { exit(lastStatus) } else { send("/quit", expecting: .quit) }
  }

  /// What the session came to, if it ends well.
  var lastStatus: ExitStatus { !settings.isInteractive && linesRefused > 0 ? .lineRefused : .ok }

  /// Whether a command was typed that has the server ask for a password perhaps, and is not answered yet.
  var mayAskForPassword: Bool {
    (comeback?.unanswered ?? []).contains { $0.command?.isJoinWithoutPassword == true }
      || pending.contains { $0.typedLine?.command?.isJoinWithoutPassword == true }
      || unsent.contains { understood($0.text)?.isJoinWithoutPassword == true }
  }
}

extension Command {
  var isJoinWithoutPassword: Bool { if case .join(_, nil) = self { true } else { false } }
}

extension String {
  /// Without the byte-order mark that some editors write at the beginning of a file: with it, a command would be a message.
  fileprivate var withoutMark: String {
    unicodeScalars.first == "\u{FEFF}" ? String(unicodeScalars.dropFirst()) : self
  }

  /// A command is one also where a blank, or what nobody sees, is before it: what is copied from a page may begin with that.
  fileprivate var withoutBlanksBeforeCommand: String {
    let line = unicodeScalars.drop(while: CleanText.isInvisible)
    return line.first == "/" ? String(line) : self
  }

  var isBlank: Bool { allSatisfy { $0 == " " || $0 == "\t" || $0 == "\r" } }
}
