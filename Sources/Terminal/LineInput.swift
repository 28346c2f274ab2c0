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
  private var keys = TypedKeys()
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
  /// What is typed answers a question, so that of a paste only the first line is taken.
  package var takesOneLine: Bool {
    get { editor.takesOneLine }
    set { editor.takesOneLine = newValue }
  }
  /// Whether several lines that come at once count as pasted, where the terminal does not mark what is pasted.
  package var takesBurstsAsPastes = false
  /// Whether a line that was entered stays on the screen. Where it does not, somebody else shows what became of it.
  package var keepsEntered = true
  package var history: LineHistory {
    get { editor.history }
    set { editor.history = newValue }
  }

  /// How long the caller waits for more keys before it calls `pause`; nil where nothing depends on more of them.
  package var patience_ms: Int32? { decoder.patience_ms ?? (takesBurstsAsPastes && keys.mayBeBurst ? 50 : nil) }

  package mutating func feed(_ bytes: [UInt8]) { keys.append(decoder.decode(bytes)) }

  /// As the key alone does, whatever was typed before it.
  package mutating func press(_ key: Key) { keys.append([key]) }

  /// Nothing came for a while: what was undecided is what it is.
  package mutating func pause() {
    keys.append(decoder.pause())
    keys.endBurst()
  }

  /// Whether something was typed that is not worked off.
  package var hasTypedAhead: Bool { !keys.isEmpty || decoder.isInPaste }

  package mutating func dropTypedAhead() {
    keys.removeAll()
    decoder.dropPaste()
  }

  /// Keys that were typed and are not worked off.
  package var typedAhead: TypedKeys {
    get { keys }
    set { keys = newValue }
  }

  /// The next event of what was fed, nil once all of it is done. What is to be seen is in `takeOutput` after each.
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
  package mutating func type(_ lines: [String], into line: LineText) {
    var lines = lines
    lines[0] = line.beforeCursor + lines[0]
    lines[lines.count - 1] += line.afterCursor
    keys.prepend(lines.flatMap { [.text($0), .enter] }.dropLast())
  }

  /// Puts another line in the place of the one that is typed, which is returned.
  @discardableResult
  package mutating func exchange(for line: LineText) -> LineText { editor.exchange(for: line) }

  /// What Ctrl-Y puts in.
  package mutating func keep(_ text: String) { editor.keep(text) }

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
