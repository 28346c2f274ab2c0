/// A line of input at a terminal, as a value: bytes that were typed go in, events come out one by one, and with them what is
/// to be written to the terminal.
///
/// After `entered`, `pasted`, `interrupted`, `endOfInput` and `suspended` the line is no longer on the screen: the caller does
/// what it has to, prints what it wants and calls `show` for the next. Keys that were typed meanwhile wait. To print above a
/// line that is being typed, `hide`, print whole lines, `show`.
package struct LineInput: Sendable {
  package var prompt: String
  private var editor: LineEditor
  private var view: LineView
  private var decoder = KeyDecoder()
  private var keys: [Key] = []
  private var output = ""

  /// What the terminal is told to mark pastes, and to stop that when the caller leaves it.
  package static let begin = "\u{1B}[?2004h"
  package static let end = "\u{1B}[?2004l"

  package init(
    prompt: String, columns: Int, rows: Int, promptStyle: Style = .plain, history: LineHistory = LineHistory()
  ) {
    self.prompt = prompt
    editor = LineEditor(history: history)
    view = LineView(columns: columns, rows: rows, promptStyle: promptStyle)
  }

  package var line: LineText { editor.line }
  /// The line that the last event ended.
  package private(set) var endedLine = LineText()
  /// Whether the line stands on the screen.
  package var isShown: Bool { view.isShown }
  /// Rows above the prompt, see `LineView.header`. They are drawn with the next `show`.
  package var header: [String] {
    get { view.header }
    set { view.header = newValue }
  }
  /// What is typed is not shown, and goes into no history.
  package var isSecret: Bool {
    get { editor.isSecret }
    set { editor.isSecret = newValue }
  }
  /// Whether a line that was entered stays on the screen. Where it does not, somebody else shows what became of it.
  package var keepsEntered = true
  package var history: LineHistory {
    get { editor.history }
    set { editor.history = newValue }
  }

  /// Whether an Esc waits for what follows: see `pause`.
  package var isUndecided: Bool { decoder.isUndecided }

  package mutating func feed(_ bytes: [UInt8]) { keys += decoder.decode(bytes) }

  /// Nothing came for a moment, so that Esc alone was meant.
  package mutating func pause() { keys += decoder.pause() }

  /// The next event of what was fed, nil once all of it is done. What is to be seen is in `takeOutput` after each.
  package mutating func next() -> LineEvent? {
    var hasChanged = false
    var taken = 0
    defer { keys.removeFirst(taken) }
    while taken < keys.count {
      let before = shownLine
      let promptBefore = shownPrompt
      taken += 1
      switch editor.press(keys[taken - 1]) {
      case .changed: hasChanged = true
      case .refused: output += "\u{07}"
      case .clearScreen: output += view.clearScreen(prompt: shownPrompt, shownLine)
      case .event(.completionRequested(let text)):
        refresh(if: hasChanged)
        return .completionRequested(text)
      case .event(let event):
        endedLine = before
        leave(event, promptBefore, before)
        return event
      }
    }
    refresh(if: hasChanged)
    return nil
  }

  /// What is to be written to the terminal now.
  package mutating func takeOutput() -> String {
    defer { output = "" }
    return output
  }

  package mutating func show() { output += view.show(prompt: shownPrompt, shownLine) }
  package mutating func hide() { output += view.hide() }

  package mutating func resize(columns: Int, rows: Int) {
    view.resize(columns: columns, rows: rows)
    if view.isShown { show() }
  }

  /// Answers `completionRequested`: puts `text` in the place of the `count` characters before the cursor.
  package mutating func complete(replacing count: Int, with text: String) {
    if editor.complete(replacing: count, with: text) { show() } else { ring() }
  }

  package mutating func ring() { output += "\u{07}" }

  /// Types the lines of `pasted`, each but the last with Enter, before what was typed since.
  package mutating func type(_ lines: [String]) {
    keys.insert(contentsOf: lines.flatMap { [.text($0), .enter] }.dropLast(), at: 0)
  }

  /// Prints whole lines above the line that is being typed. They must be harmless to a terminal.
  package mutating func show(above lines: [String]) {
    let wasShown = view.isShown
    hide()
    output += lines.map { $0 + "\r\n" }.joined()
    if wasShown { show() }
  }

  private var shownPrompt: String { editor.searchPrompt ?? prompt }
  private var shownLine: LineText { isSecret ? LineText() : editor.line }

  private mutating func refresh(if hasChanged: Bool) { if hasChanged, view.isShown { show() } }

  /// The line as it was stays on the screen.
  private mutating func leave(_ event: LineEvent, _ promptBefore: String, _ before: LineText) {
    switch event {
    case .entered(let text) where keepsEntered:
      output += view.finish(prompt: prompt, isSecret ? LineText() : LineText(text))
    case .interrupted: output += view.finish(prompt: promptBefore, before, mark: "^C")
    case .endOfInput: output += view.finish(prompt: prompt, before)
    case .entered, .pasted, .suspended: output += view.hide()
    case .completionRequested: break
    }
  }
}
