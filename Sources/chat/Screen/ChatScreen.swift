import ChatProtocol
import POSIX
import Terminal
import Text

/// A person's screen as a value: keys and what the session shows go in; what the person says, and what is to be written to the
/// terminal, come out.
///
/// What happened scrolls up like any program's output, so that the terminal's own scrolling and copying work. Below it stand,
/// taken away and put back with each thing that happens: what was said and is not recorded yet, the status line, and the line
/// being typed.
struct ChatScreen {
  /// What a person did.
  enum ScreenAction: Equatable {
    case said(String)
    /// The answer to `askSecret`; nil where there was none.
    case answeredSecretly(Secret?)
    /// Ctrl-D.
    case left
    /// Ctrl-Z.
    case suspended
    /// Ctrl-C while files are on their way.
    case stopped
  }

  private static let prompt = "> "
  private static let interruptionHint = "-- Ctrl-C again, Ctrl-D or /quit leaves."
  private static let waiting = "(waiting for the server) "
  /// What is on its way is shown up to here, and counted beyond.
  private static let unrecordedMax = 3
  /// As many files are shown.
  private static let transfersMax = 4

  var display: TerminalDisplay
  var input: LineInput
  var question: ScreenQuestion?
  var names = KnownNames()
  /// Paths of this machine that go on as one that is typed does.
  var paths: @Sendable (String) -> [String] = { _ in [] }
  private(set) var overview = Overview()
  private var columns: Int
  /// Lines that may be kept in a file, for the caller to take.
  private var remembered: [String] = []
  /// The day of what was shown last.
  private var day: LocalDay
  /// Somebody wants to leave while files are on their way, and knows.
  private var wasToldOfTransfers = false
  /// Lines to be sent after a question about them was answered.
  private var pasted: [String] = []
  /// What was sent as one message last.
  private var sentAsOne: PastedLines?
  /// The line that was being typed when a question came.
  private var draft: LineText?
  /// Questions that wait until the one that is open is answered.
  private var later: [ScreenQuestion] = []
  /// nil until it was told for the first time.
  private var awaited: AwaitedInput?
  private var hasAwaitedAnswer = false
  private var hasChatted = false
  /// Keys that wait were typed while a password was asked for or looked at, or before anything was asked.
  private var mayHoldSecret = false
  /// The last key was a Ctrl-C that had nothing to take back.
  private var wasInterrupted = false

  init(_ display: TerminalDisplay, columns: Int, rows: Int, history: LineHistory = LineHistory()) {
    self.display = display
    self.columns = columns
    self.display.columns = columns
    self.display.marksOwn = true
    self.display.hasDayLines = true
    day = LocalDay(display.localTime(display.now()))
    input = LineInput(
      prompt: Self.prompt, columns: columns, rows: rows, promptStyle: display.isStyled ? .bold : .plain,
      history: history)
    input.keepsEntered = false
  }

  // MARK: To the terminal

  /// Puts the line on the screen for the first time, or again after the terminal was lent to somebody.
  mutating func begin() {
    drawHeader()
    input.show()
  }

  /// Takes away what is not to stay.
  mutating func end() { input.hide() }

  mutating func takeOutput() -> String { input.takeOutput() }

  mutating func show(_ shown: Shown) {
    var lines = Display.terminal(display).lines(of: shown).map(\.text)
    var time = display.now()
    if case .event(let received, let viewpoint) = shown {
      time = received.time
      if received.calls(viewpoint) { input.ring() }
    }
    let now = display.localTime(time)
    if !lines.isEmpty, LocalDay(now) != day {
      day = LocalDay(now)
      lines.insert(display.dayLine(of: now), at: 0)
    }
    input.show(above: lines)
  }

  mutating func show(_ overview: Overview) {
    guard overview != self.overview else { return }
    self.overview = overview
    if overview.transfers.isEmpty { wasToldOfTransfers = false }
    drawHeader()
    if input.isShown { input.show() }
  }

  mutating func resize(columns: Int, rows: Int) {
    self.columns = columns
    display.columns = columns
    drawHeader()
    input.resize(columns: columns, rows: rows)
  }

  private mutating func drawHeader() {
    // A question comes before there is anything to tell.
    guard overview.user != nil || question == nil else {
      input.header = []
      return
    }
    var rows = overview.unrecorded.prefix(Self.unrecordedMax).map {
      display.dimmed("… \($0)".truncated(toColumns: columns - 1))
    }
    let more = overview.unrecorded.count - Self.unrecordedMax
    if more > 0 { rows.append(display.dimmed("… and \(more) more".truncated(toColumns: columns - 1))) }
    rows += overview.transfers.prefix(Self.transfersMax).map {
      ProgressRow($0, isStyled: display.isStyled).text(columns: columns)
    }
    input.header = rows + [StatusLine(overview, isStyled: display.isStyled).text(columns: columns)]
  }

  // MARK: From the keyboard

  /// What was typed, byte by byte.
  mutating func feed(_ bytes: [UInt8]) { input.feed(bytes) }

  /// Ctrl-C that came as a signal.
  mutating func interrupt() { input.press(.control("C")) }

  /// How long the caller waits for more keys before it calls `pause`; nil where nothing depends on more of them.
  var patience_ms: Int32? { input.patience_ms }
  mutating func pause() { input.pause() }

  /// What the person does next, nil once all that was typed is worked off, or has to wait until it is known what it answers.
  mutating func next(_ awaited: AwaitedInput = .line) -> ScreenAction? {
    if let deed = begin(awaiting: awaited) { return deed }
    guard awaited != .nothing else { return exit() }
    if awaited == .line { hasChatted = true }
    while true {
      if let line = nextPasted() { return line }
      guard let event = input.next() else { return nil }
      defer { if !input.isShown { begin() } }
      if let deed = deed(of: event) { return deed }
    }
  }

  /// Lines for the history's file, since the last time.
  mutating func takeRemembered() -> [String] {
    defer { remembered = [] }
    return remembered
  }

  /// Lines of a paste that are sent one by one go where a line that is typed goes.
  private mutating func nextPasted() -> ScreenAction? {
    guard !pasted.isEmpty, question?.isAboutPaste != true else { return nil }
    let line = pasted.removeFirst()
    guard let question else { return .said(line) }
    return answer(question, line)
  }

  private mutating func deed(of event: LineEvent) -> ScreenAction? {
    defer { if event != .interrupted { wasInterrupted = false } }
    switch event {
    case .entered(let line):
      if let question { return answer(question, line) }
      remember(line)
      return .said(line)
    case .pasted(let lines, let draft):
      if case .pasted(var paste)? = question {
        input.exchange(for: draft)
        paste.append(lines)
        ask(.pasted(paste))
      } else {
        ask(.pasted(PastedLines(lines, into: draft)))
      }
      return nil
    case .completionRequested(let text):
      if question == nil { complete(text) } else { input.ring() }
      return nil
    case .interrupted: return interrupted()
    case .endOfInput:
      if case .secret = question { return answer(.secret(""), nil) }
      if !overview.transfers.isEmpty, !wasToldOfTransfers {
        wasToldOfTransfers = true
        input.show(above: [
          display.dimmed("-- Files are on their way. Ctrl-D again leaves; they go on another time.")
        ])
        return nil
      }
      return .left
    case .suspended: return .suspended
    }
  }

  private mutating func interrupted() -> ScreenAction? {
    if let question { return answer(question, nil) }
    // What was being typed is taken back first.
    guard input.endedLine.text.isEmpty else {
      wasInterrupted = false
      input.show(above: [display.dimmed("-- Ctrl-D on an empty line, or /quit, leaves.")])
      return nil
    }
    if !overview.transfers.isEmpty { return .stopped }
    if wasInterrupted { return .left }
    wasInterrupted = true
    input.show(above: [display.dimmed(Self.interruptionHint)])
    return nil
  }

  private mutating func remember(_ line: String) {
    guard TypedSecrets.mayBeKept(line), input.history.append(line) else { return }
    remembered.append(line)
  }

  // MARK: Typing ahead

  /// What the keys that follow are for. Those that were typed before it was known are used only where they cannot be a
  /// password that would be shown or said: nobody but the one who typed knows what they were meant for.
  private mutating func begin(awaiting awaited: AwaitedInput) -> ScreenAction? {
    guard awaited != self.awaited else { return nil }
    let former = self.awaited
    self.awaited = awaited
    if awaited == .nothing || awaited == .secret {
      if awaited == .secret { hasAwaitedAnswer = true }
      if awaited == .secret || former != .line { mayHoldSecret = true }
      if awaited == .nothing { showPrompt() }
      return nil
    }
    let isUsable = input.hasTypedAhead && isUsable(input.typedAhead, for: awaited, after: former)
    defer {
      // Behind the line that is used there may be more.
      mayHoldSecret = mayHoldSecret && isUsable
      hasAwaitedAnswer = true
      showPrompt()
    }
    if awaited == .line, question?.isAboutPaste != true { endQuestions() }
    if !input.hasTypedAhead || isUsable { return nil }
    if let deed = exit() { return deed }
    guard mayHoldSecret || awaited != .line else {
      giveBackTypedAhead()
      return nil
    }
    input.dropTypedAhead()
    input.show(above: [
      display.dimmed("-- What you typed ahead was dropped, as it may hold a password. Type it again.")
    ])
    return nil
  }

  private func isUsable(_ typed: TypedKeys, for awaited: AwaitedInput, after former: AwaitedInput?) -> Bool {
    if !mayHoldSecret, former != .nothing { return true }
    return switch awaited {
    // The first question there is.
    case .name: !hasAwaitedAnswer
    case .choice(let choices): typed.answer.map { Choice.meant(by: $0, among: choices) != nil } ?? false
    // A line that is not entered is seen before it is said.
    case .line: !mayHoldSecret && typed.lines.count == 1
    case .nothing, .secret: true
    }
  }

  /// What was typed behind a command that could have asked for a password, and did not: it is sent if the person says so.
  private mutating func giveBackTypedAhead() {
    let lines = input.typedAhead.lines.filter { !$0.allSatisfy(\.isWhitespace) }
    input.typedAhead.removeAll()
    let draft = input.exchange(for: LineText())
    if lines.count > 1 { return ask(.pasted(PastedLines(lines, into: draft))) }
    input.exchange(for: LineText(draft.text + CleanText.string(from: lines.first ?? "")))
    input.show(above: [display.dimmed("-- What you typed ahead is not sent yet: Enter sends it.")])
  }

  /// Keys that have to wait may still ask for the end.
  private mutating func exit() -> ScreenAction? {
    while let exit = input.typedAhead.takeExit(quit: "/quit") {
      guard exit == .interrupted, hasChatted, !wasInterrupted else { return .left }
      wasInterrupted = true
      input.show(above: [display.dimmed(Self.interruptionHint)])
    }
    return nil
  }

  /// Whether keys that the terminal still holds may be a part of a password, which nobody else may read.
  var mayTerminalHoldSecret: Bool {
    question?.isSecret == true || awaited == .secret || (awaited == .nothing && mayHoldSecret)
  }

  // MARK: Questions

  mutating func ask(_ question: ScreenQuestion) {
    switch self.question {
    // What is being typed is for nobody's eyes.
    case .secret? where !question.isSecret: return later.append(question)
    case .pasted(let paste)?: if !question.isAboutPaste { later.append(.pasted(paste)) }
    case nil: if !question.isAboutPaste { draft = input.exchange(for: LineText()) }
    default: input.exchange(for: LineText())
    }
    self.question = question
    showPrompt()
  }

  private mutating func showPrompt() {
    input.prompt = CleanText.string(from: question?.text ?? (awaited == .nothing ? Self.waiting : Self.prompt))
    input.isSecret = question?.isSecret ?? (awaited == .nothing)
    input.takesOneLine = question.map { !$0.isAboutPaste } ?? false
    input.keepsEntered = question != nil
    input.takesBurstsAsPastes = awaited == .line && (question.map(\.isAboutPaste) ?? true)
    drawHeader()
    input.show()
  }

  /// `line` is nil where the person does not want to answer.
  private mutating func answer(_ question: ScreenQuestion, _ line: String?) -> ScreenAction? {
    if line?.split(whereSeparator: \.isWhitespace) == ["/quit"] { return .left }
    if case .pasted(let paste) = question { return answer(paste, line) }
    self.question = nil
    if later.isEmpty { showPrompt() } else { ask(later.removeFirst()) }
    switch question {
    case .secret: return .answeredSecretly(line.map { Secret($0) })
    default: return line.map { .said($0) } ?? .left
    }
  }

  private mutating func answer(_ paste: PastedLines, _ line: String?) -> ScreenAction? {
    switch line.map({ PastedLines.meant(by: $0) }) ?? .notAtAll {
    case nil:
      input.ring()
      input.show()
      return nil
    case .oneByOne: pasted += paste.all
    case .asOneMessage:
      guard paste.message.utf8.count <= LineText.bytesMax else {
        input.show(above: [display.dimmed("-- That is too much for one message.")])
        return nil
      }
      pasted.append(paste.message)
      sentAsOne = paste
    case .notAtAll:
      input.keep(paste.joined)
      input.exchange(for: paste.draft)
      input.show(above: [display.dimmed("-- Not sent. Ctrl-Y puts the lines into the line that you type, as one.")])
    }
    question = nil
    showPrompt()
    return nil
  }

  /// The session asks nothing any more.
  private mutating func endQuestions() {
    question = nil
    if let draft { input.exchange(for: draft) }
    draft = nil
    if let paste = later.first(where: \.isAboutPaste) { question = paste }
    later = []
  }

  /// The server refused a line that was said, and which is not to be lost.
  mutating func giveBack(_ line: String) {
    if let paste = sentAsOne, paste.message == line {
      ask(.pasted(paste))
    } else if question == nil, input.line.isEmpty {
      input.exchange(for: LineText(line))
      input.show()
    }
  }
}

/// A day on this machine's clocks.
private struct LocalDay: Equatable {
  private let year: Int
  private let month: Int
  private let day: Int

  init(_ time: LocalTime) { (year, month, day) = (time.year, time.month, time.day) }
}
