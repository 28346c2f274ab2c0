import ChatProtocol
import POSIX
import Terminal
import Text

/// A user's screen as a pure value: keys and what the session shows go in; the user's actions and the terminal's output come out.
///
/// Events scroll up like any program's output, so that the terminal's own scrolling and copying work. Below them, redrawn with each
/// change, are the unacknowledged messages, the status line and the line being typed.
struct ChatScreen {
  enum ScreenAction: Equatable {
    /// A line to send, or the answer to a question.
    case entered(String)
    /// The answer to a password question; nil if there was none.
    case password(Secret?)
    /// Ctrl-D, `/quit` at a question, or Ctrl-C twice.
    case quit
    /// Ctrl-Z.
    case suspend
    /// Ctrl-C during transfers.
    case stopTransfers
  }

  private static let prompt = "> "
  private static let quitHint = "Press Ctrl-C again, or Ctrl-D, to quit."
  private static let waitingPrompt = "(waiting for the server) "
  /// How many unacknowledged messages are shown; the others are counted.
  private static let unacknowledgedMax = 3
  private static let transfersMax = 4

  var display: TerminalDisplay
  var input: LineInput
  private(set) var question: ScreenQuestion?
  var names = KnownNames()
  /// Completes a path of this machine.
  var paths: @Sendable (String) -> [String] = { _ in [] }
  private(set) var overview = Overview()
  private var columns: Int
  /// Entered lines for the history file.
  private var historyLines: [String] = []
  /// The day of the last event.
  private var day: LocalTime
  private var hasWarnedOfTransfers = false
  /// Pasted lines to send one by one.
  private var pasted: [String] = []
  /// The last lines sent as one message.
  private var sentAsOne: PastedLines?
  /// The line being typed when a question came.
  private var draft: LineText?
  /// Questions that wait for the answer to the open one.
  private var waitingQuestions: [ScreenQuestion] = []
  private var awaited: AwaitedInput?
  private var hasAskedQuestion = false
  private var hasChatted = false
  /// The waiting keys were typed at a password question, while it was checked, or before any question.
  private var mayHoldPassword = false
  /// The last key was a Ctrl-C on an empty line.
  private var wasInterrupted = false

  init(_ display: TerminalDisplay, columns: Int, rows: Int, history: LineHistory = LineHistory()) {
    self.display = display
    self.columns = columns
    self.display.columns = columns
    self.display.marksOwn = true
    self.display.hasDayLines = true
    day = display.localTime(display.now())
    input = LineInput(
      prompt: Self.prompt, columns: columns, rows: rows, promptStyle: display.isStyled ? .bold : .plain,
      history: history)
    input.keepsEntered = false
  }

  // MARK: Output

  /// Draws the line for the first time, or after other programs used the terminal.
  mutating func begin() {
    drawHeader()
    input.show()
  }

  /// Removes the status line and the line being typed.
  mutating func end() { input.hide() }

  mutating func takeOutput() -> String { input.takeOutput() }

  mutating func show(_ item: DisplayItem) {
    var lines = Display.terminal(display).lines(of: item).map(\.text)
    var time = display.now()
    if case .event(let received, let context) = item {
      time = received.time
      if received.mentions(context) { input.ring() }
    }
    let now = display.localTime(time)
    if !lines.isEmpty, !now.isSameDay(as: day) {
      day = now
      lines.insert(display.dayLine(of: now), at: 0)
    }
    input.show(above: lines)
  }

  /// Shows a message of the screen itself.
  private mutating func showHint(_ sentence: String) {
    input.show(above: display.wrapped(display.dimmed("-- \(sentence)"), indent: 3))
  }

  mutating func show(_ overview: Overview) {
    guard overview != self.overview else { return }
    self.overview = overview
    if overview.transfers.isEmpty { hasWarnedOfTransfers = false }
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
    // The questions before the login have no status line.
    guard overview.user != nil || question == nil else {
      input.header = []
      return
    }
    var rows = overview.unacknowledged.prefix(Self.unacknowledgedMax).map { "… \($0)" }
    let more = overview.unacknowledged.count - Self.unacknowledgedMax
    if more > 0 { rows.append("… and \(more) more") }
    input.header = rows.map { display.dimmed($0.truncated(toColumns: columns - 1)) }
    input.header += overview.transfers.prefix(Self.transfersMax).map {
      ProgressRow($0, isStyled: display.isStyled).text(columns: columns)
    }
    input.header.append(StatusLine(overview, isStyled: display.isStyled).text(columns: columns))
  }

  // MARK: Keys

  mutating func feed(_ bytes: [UInt8]) { input.feed(bytes) }

  /// SIGINT, which acts like Ctrl-C.
  mutating func interrupt() { input.press(.control("C")) }

  /// How long the caller waits for more keys before it calls `pause`; nil if no key is undecided.
  var waitLimitMilliseconds: Int32? { input.waitLimitMilliseconds }
  mutating func pause() { input.pause() }

  /// The user's next action. Nil if all keys are processed, or wait until it is known what they answer.
  mutating func next(_ awaited: AwaitedInput = .line) -> ScreenAction? {
    if let action = begin(awaiting: awaited) { return action }
    guard awaited != .nothing else { return takeExit() }
    if awaited == .line { hasChatted = true }
    while true {
      if let action = nextPasted() { return action }
      guard let event = input.next() else { return nil }
      defer { if !input.isShown { begin() } }
      if let action = action(for: event) { return action }
    }
  }

  /// The lines for the history file since the last call.
  mutating func takeHistoryLines() -> [String] {
    defer { historyLines = [] }
    return historyLines
  }

  /// A pasted line acts like a typed one.
  private mutating func nextPasted() -> ScreenAction? {
    guard !pasted.isEmpty, question?.isAboutPaste != true else { return nil }
    let line = pasted.removeFirst()
    guard let question else { return .entered(line) }
    return answer(question, line)
  }

  private mutating func action(for event: LineEvent) -> ScreenAction? {
    defer { if event != .interrupted { wasInterrupted = false } }
    switch event {
    case .entered(let line):
      if let question { return answer(question, line) }
      if !ClientCommands.mayContainSecret(line), input.history.append(line) { historyLines.append(line) }
      return .entered(line)
    case .pasted(let lines, let draft):
      if case .pasted(var paste)? = question {
        input.exchange(for: draft)
        paste.append(lines)
        ask(.pasted(paste))
      } else {
        ask(.pasted(PastedLines(lines, into: draft)))
      }
    case .completionRequested(let text): if question == nil { complete(text) } else { input.ring() }
    case .interrupted: return interrupted()
    case .endOfInput:
      if case .password = question { return answer(.password(""), nil) }
      guard overview.transfers.isEmpty || hasWarnedOfTransfers else {
        hasWarnedOfTransfers = true
        showHint("Transfers are running. Press Ctrl-D again to quit; they can be resumed later.")
        return nil
      }
      return .quit
    case .suspended: return .suspend
    }
    return nil
  }

  private mutating func interrupted() -> ScreenAction? {
    if let question { return answer(question, nil) }
    // The first Ctrl-C clears the line.
    guard input.endedLine.text.isEmpty else {
      wasInterrupted = false
      showHint("Press Ctrl-D on an empty line, or type /quit, to quit.")
      return nil
    }
    if !overview.transfers.isEmpty { return .stopTransfers }
    if wasInterrupted { return .quit }
    wasInterrupted = true
    showHint(Self.quitHint)
    return nil
  }

  // MARK: Typing ahead

  /// Notes what the following keys answer. Keys typed before that was known are used only if they cannot be a
  /// password that would be shown or sent: only the user knows what they were meant for.
  private mutating func begin(awaiting awaited: AwaitedInput) -> ScreenAction? {
    guard awaited != self.awaited else { return nil }
    let former = self.awaited
    self.awaited = awaited
    if awaited == .nothing || awaited == .password {
      if awaited == .password { hasAskedQuestion = true }
      if awaited == .password || former != .line { mayHoldPassword = true }
      if awaited == .nothing { showPrompt() }
      return nil
    }
    let isUsable = input.hasTypedAhead && isUsable(input.typedAhead, for: awaited, after: former)
    defer {
      // More keys may follow the line that is used.
      mayHoldPassword = mayHoldPassword && isUsable
      hasAskedQuestion = true
      showPrompt()
    }
    if awaited == .line, question?.isAboutPaste != true { endQuestions() }
    if !input.hasTypedAhead || isUsable { return nil }
    if let action = takeExit() { return action }
    guard mayHoldPassword || awaited != .line else {
      restoreTypedAhead()
      return nil
    }
    input.dropTypedAhead()
    showHint(ClientHelp.droppedInput)
    return nil
  }

  private func isUsable(_ typed: TypedKeys, for awaited: AwaitedInput, after former: AwaitedInput?) -> Bool {
    if !mayHoldPassword, former != .nothing { return true }
    return switch awaited {
    // Only the first question of all.
    case .name: !hasAskedQuestion
    case .choice(let choices): typed.answer.map { LoginChoice.selected(by: $0, among: choices) != nil } ?? false
    // The user sees a line that is not entered before it is sent.
    case .line: !mayHoldPassword && typed.lines.count == 1
    case .nothing, .password: true
    }
  }

  /// Keys after a command that could have asked for a password, and did not: back to the line, for the user to send.
  private mutating func restoreTypedAhead() {
    let lines = input.typedAhead.lines.filter { !$0.allSatisfy(\.isWhitespace) }
    input.typedAhead.removeAll()
    let draft = input.exchange(for: LineText())
    if lines.count > 1 { return ask(.pasted(PastedLines(lines, into: draft))) }
    input.exchange(for: LineText(draft.text + CleanText.string(from: lines.first ?? "")))
    showHint("What you typed ahead is not sent yet. Press Enter to send it.")
  }

  /// Waiting keys can still quit.
  private mutating func takeExit() -> ScreenAction? {
    while let exit = input.typedAhead.takeExit(quit: "/quit") {
      guard exit == .interrupted, hasChatted, !wasInterrupted else { return .quit }
      wasInterrupted = true
      showHint(Self.quitHint)
    }
    return nil
  }

  /// Whether unread keys in the terminal may be a part of a password, which no other program must read.
  var mayTerminalHoldPassword: Bool {
    question?.isPassword == true || awaited == .password || (awaited == .nothing && mayHoldPassword)
  }

  // MARK: Questions

  mutating func ask(_ question: ScreenQuestion) {
    switch self.question {
    // The line being typed is a password.
    case .password? where !question.isPassword: return waitingQuestions.append(question)
    case .pasted(let paste)?: if !question.isAboutPaste { waitingQuestions.append(.pasted(paste)) }
    case nil: if !question.isAboutPaste { draft = input.exchange(for: LineText()) }
    default: input.exchange(for: LineText())
    }
    self.question = question
    showPrompt()
  }

  private mutating func showPrompt() {
    input.prompt = CleanText.string(from: question?.text ?? (awaited == .nothing ? Self.waitingPrompt : Self.prompt))
    input.isSecret = question?.isPassword ?? (awaited == .nothing)
    input.takesOneLine = question.map { !$0.isAboutPaste } ?? false
    input.keepsEntered = question != nil
    input.takesBurstsAsPastes = awaited == .line && (question.map(\.isAboutPaste) ?? true)
    drawHeader()
    input.show()
  }

  /// `line` is nil if the user cancels the question.
  private mutating func answer(_ question: ScreenQuestion, _ line: String?) -> ScreenAction? {
    if line?.split(whereSeparator: \.isWhitespace) == ["/quit"] { return .quit }
    if case .pasted(let paste) = question {
      answer(paste, line)
      return nil
    }
    self.question = nil
    if waitingQuestions.isEmpty { showPrompt() } else { ask(waitingQuestions.removeFirst()) }
    if case .password = question { return .password(line.map { Secret($0) }) }
    return line.map { .entered($0) } ?? .quit
  }

  private mutating func answer(_ paste: PastedLines, _ line: String?) {
    switch line.map({ PastedLines.Answer($0) }) ?? .discard {
    case nil:
      input.ring()
      return input.show()
    case .oneByOne: pasted += paste.all
    case .asOneMessage:
      guard paste.message.utf8.count <= LineText.bytesMax else { return showHint("That is too long for one message.") }
      pasted.append(paste.message)
      sentAsOne = paste
    case .discard:
      input.keep(paste.joined)
      input.exchange(for: paste.draft)
      showHint("Not sent. Ctrl-Y inserts the lines as one.")
    }
    question = nil
    showPrompt()
  }

  /// The session has no question any more.
  private mutating func endQuestions() {
    question = nil
    if let draft { input.exchange(for: draft) }
    draft = nil
    if let paste = waitingQuestions.first(where: \.isAboutPaste) { question = paste }
    waitingQuestions = []
  }

  /// Puts a line that the server refused back into the input.
  mutating func restoreInput(_ line: String) {
    if let paste = sentAsOne, paste.message == line {
      ask(.pasted(paste))
    } else if question == nil, input.line.isEmpty {
      input.exchange(for: LineText(line))
      input.show()
    }
  }

  // MARK: Tab

  private mutating func complete(_ text: String) {
    let completion = LineCompletion(text, names: names, user: overview.user, paths: paths)
    let words = completion.words
    let common = CandidateList.commonBeginning(of: words.map(\.text))
    if words.isEmpty {
      if let hint = completion.hint { showHint(display.cleaned(hint)) } else { input.ring() }
    } else if words.count == 1 {
      input.complete(replacing: completion.typed.count, with: words[0].text + words[0].ending)
    } else if common.count > completion.typed.count {
      input.complete(replacing: completion.typed.count, with: common)
    } else {
      let shown = words.prefix(LineCompletion.shownMax).map { $0.label ?? $0.text }
      let list = CandidateList(Array(shown), more: words.count > shown.count)
      input.show(above: list.lines(columnsMax: display.columns ?? 80).map(display.cleaned))
    }
  }
}
