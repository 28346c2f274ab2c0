/// A line editor on a terminal, as a pure value: typed bytes go in; events, and the output for the terminal, come out.
///
/// After `entered`, `pasted`, `interrupted`, `endOfInput` and `suspended` the line is not on the screen: the caller acts,
/// prints and calls `show` for the next line. Keys typed meanwhile wait. To print above the line being typed, use `show(above:)`.
package struct LineInput: Sendable {
  package var prompt: String
  private var editor: LineEditor
  private var view: LineView
  private var decoder = KeyDecoder()
  private var keys = TypedKeys()
  private var output = ""

  /// Turn the terminal's bracketed paste on and off.
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
  /// Whether the line is on the screen.
  package var isShown: Bool { view.isShown }
  /// Rows above the prompt, see `LineView.header`. The next `show` draws them.
  package var header: [String] {
    get { view.header }
    set { view.header = newValue }
  }
  /// The line is a password: it is not shown and not in the history.
  package var isSecret: Bool {
    get { editor.isSecret }
    set { editor.isSecret = newValue }
  }
  /// The line answers a question: only the first line of a paste counts.
  package var takesOneLine: Bool {
    get { editor.takesOneLine }
    set { editor.takesOneLine = newValue }
  }
  /// Whether several lines that arrive at once count as pasted, if the terminal does not mark pastes.
  package var takesBurstsAsPastes = false
  /// Whether an entered line stays on the screen.
  package var keepsEntered = true
  package var history: LineHistory {
    get { editor.history }
    set { editor.history = newValue }
  }

  /// How long the caller waits for more keys before it calls `pause`; nil if no key is undecided.
  package var waitLimitMilliseconds: Int32? {
    decoder.waitLimitMilliseconds ?? (takesBurstsAsPastes && keys.mayBeBurst ? 50 : nil)
  }

  package mutating func feed(_ bytes: [UInt8]) { keys.append(decoder.decode(bytes)) }

  /// Adds a key.
  package mutating func press(_ key: Key) { keys.append([key]) }

  /// The timeout is over: decides undecided keys.
  package mutating func pause() {
    keys.append(decoder.pause())
    keys.endBurst()
  }

  /// Whether there are keys that `next` has not processed.
  package var hasTypedAhead: Bool { !keys.isEmpty || decoder.isInPaste }

  package mutating func dropTypedAhead() {
    keys.removeAll()
    decoder.dropPaste()
  }

  /// The keys that `next` has not processed.
  package var typedAhead: TypedKeys {
    get { keys }
    set { keys = newValue }
  }

  /// The next event; nil once all keys are processed. Write `takeOutput` to the terminal after each call.
  package mutating func next() -> LineEvent? {
    var hasChanged = false
    while true {
      if takesBurstsAsPastes, keys.mayBeBurst { break }
      let before = shownLine
      let promptBefore = shownPrompt
      guard let step = takesBurstsAsPastes ? pressBurst() ?? pressNext() : pressNext() else { break }
      switch step {
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

  private mutating func pressNext() -> LineEditor.Step? { keys.next().map { editor.press($0) } }

  private mutating func pressBurst() -> LineEditor.Step? { keys.takeBurst().map { editor.paste($0) } }

  /// The output for the terminal since the last call.
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

  /// Answers `completionRequested`: replaces `count` characters before the cursor by `text`.
  package mutating func complete(replacing count: Int, with text: String) {
    if editor.complete(replacing: count, with: text) { show() } else { ring() }
  }

  package mutating func ring() { output += "\u{07}" }

  /// Types the lines of `pasted`, each but the last with Enter, before the waiting keys.
  package mutating func type(_ lines: [String], into line: LineText) {
    var lines = lines
    lines[0] = line.beforeCursor + lines[0]
    lines[lines.count - 1] += line.afterCursor
    keys.prepend(lines.flatMap { [.text($0), .enter] }.dropLast())
  }

  /// Replaces the line and returns the old one.
  @discardableResult
  package mutating func exchange(for line: LineText) -> LineText { editor.exchange(for: line) }

  /// Sets the text that Ctrl-Y inserts.
  package mutating func keep(_ text: String) { editor.keep(text) }

  /// Prints whole lines above the line being typed. They must be safe for a terminal.
  package mutating func show(above lines: [String]) {
    let wasShown = view.isShown
    hide()
    output += lines.map { $0 + "\r\n" }.joined()
    if wasShown { show() }
  }

  private var shownPrompt: String { editor.searchPrompt ?? prompt }
  private var shownLine: LineText { isSecret ? LineText() : editor.line }

  private mutating func refresh(if hasChanged: Bool) { if hasChanged, view.isShown { show() } }

  /// Leaves the ended line on the screen.
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
