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
  enum Deed: Equatable {
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
  private var said: [String] = []

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

  var isUndecided: Bool { input.isUndecided }
  mutating func pause() { input.pause() }

  /// What the person does next, nil once all that was typed is worked off.
  mutating func next() -> Deed? {
    while said.isEmpty {
      guard let event = input.next() else { return nil }
      defer { if !input.isShown { begin() } }
      if let deed = deed(of: event) { return deed }
    }
    return .said(said.removeFirst())
  }

  /// Lines for the history's file, since the last time.
  mutating func takeRemembered() -> [String] {
    defer { remembered = [] }
    return remembered
  }

  private mutating func deed(of event: LineEvent) -> Deed? {
    switch event {
    case .entered(let line):
      if let question { return answer(question, line) }
      remember(line)
      return .said(line)
    case .pasted(let lines):
      if question == nil { ask(.pasted(lines)) } else { input.ring() }
      return nil
    case .completionRequested(let text):
      if question == nil { complete(text) } else { input.ring() }
      return nil
    case .interrupted:
      if let question { return answer(question, nil) }
      // What was being typed is taken back first.
      if !overview.transfers.isEmpty, input.endedLine.text.isEmpty { return .stopped }
      let hint =
        overview.transfers.isEmpty ? "Ctrl-D on an empty line, or /quit, leaves" : "Ctrl-C again stops the files"
      input.show(above: [display.dimmed("-- \(hint).")])
      return nil
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

  private mutating func remember(_ line: String) {
    guard TypedSecrets.mayBeKept(line), input.history.append(line) else { return }
    remembered.append(line)
  }

  // MARK: Questions

  mutating func ask(_ question: ScreenQuestion) {
    self.question = question
    input.prompt = CleanText.string(from: question.text)
    input.isSecret = question.isSecret
    input.keepsEntered = true
    drawHeader()
    input.show()
  }

  /// nil where the person does not want to answer.
  private mutating func answer(_ question: ScreenQuestion, _ line: String?) -> Deed? {
    self.question = nil
    input.prompt = Self.prompt
    input.isSecret = false
    input.keepsEntered = false
    drawHeader()
    switch question {
    case .open: return .said(line ?? "")
    case .secret: return .answeredSecretly(line.map { Secret($0) })
    case .pasted(let lines):
      said = PastedLines(lines).toSay(answer: line ?? "")
      return nil
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
