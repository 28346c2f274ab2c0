import Text

/// What keys do to a line: Emacs' keys, as shells have them. A value: keys go in, the line and its cursor can be read, and
/// what somebody else has to see to comes out as events.
package struct LineEditor: Sendable {
  /// What one key came to.
  enum Step: Equatable {
    /// The line, its cursor or the prompt is another.
    case changed
    /// There is nothing the key could do.
    case refused
    case clearScreen
    case event(LineEvent)
  }

  package internal(set) var line = LineText()
  package var history: LineHistory
  /// What is typed is for nobody's eyes: nothing is recalled, looked for or completed.
  var isSecret = false
  /// Of a paste only the first line is taken: what is typed answers a question.
  var takesOneLine = false
  /// What Ctrl-K, Ctrl-U, Ctrl-W and Alt-d took last, for Ctrl-Y.
  private var cut = ""
  /// Which line of the history is shown, and the line that was being typed before.
  var recalled: (place: Int, unfinished: LineText)?
  var search: LineSearch?

  package init(history: LineHistory = LineHistory()) { self.history = history }

  /// What stands before the line instead of the caller's prompt, while something is looked for.
  package var searchPrompt: String? { search?.prompt }

  private static let openKeys: Set<Key> = [
    .tab, .up, .down, .control("P"), .control("N"), .control("R"), .control("Y"),
  ]

  mutating func press(_ key: Key) -> Step {
    if search != nil, let step = pressWhileSearching(key) { return step }
    if isSecret, Self.openKeys.contains(key) { return .refused }
    switch key {
    case .text(let text): return insert(text)
    case .paste(let text): return paste(text)
    case .enter: return .event(.entered(take()))
    case .tab: return .event(.completionRequested(line.beforeCursor))
    case .control("C"):
      _ = take()
      return .event(.interrupted)
    case .control("D") where line.isEmpty: return .event(.endOfInput)
    case .control("Z"): return .event(.suspended)
    case .control("L"): return .clearScreen
    case .control("R"):
      search = LineSearch(from: line, recalledAt: recalled?.place)
      return .changed
    case .up, .control("P"): return recall(older: true)
    case .down, .control("N"): return recall(older: false)
    default: return move(key) ?? edit(key)
    }
  }

  /// Answers `completionRequested`: puts `text` in the place of the `count` characters before the cursor.
  package mutating func complete(replacing count: Int, with text: String) -> Bool {
    line.replace(before: count, with: CleanText.string(from: text))
  }

  /// The line, which is then empty.
  mutating func take() -> String { exchange(for: LineText()).text }

  /// Puts another line in the place of the one that is typed, which is returned. Nothing is looked for any more.
  mutating func exchange(for other: LineText) -> LineText {
    let line = search?.unfinished ?? line
    (recalled, search) = (nil, nil)
    self.line = other
    return line
  }

  /// What Ctrl-Y puts in.
  mutating func keep(_ text: String) { cut = text }

  private mutating func move(_ key: Key) -> Step? {
    switch key {
    case .left, .control("B"): go(to: line.cursor - 1)
    case .right, .control("F"): go(to: line.cursor + 1)
    case .home, .control("A"): go(to: 0)
    case .end, .control("E"): go(to: line.characters.count)
    case .wordLeft, .alt("b"), .alt("B"): go(to: line.wordStart)
    case .wordRight, .alt("f"), .alt("F"): go(to: line.wordEnd)
    default: nil
    }
  }

  private mutating func edit(_ key: Key) -> Step {
    switch key {
    case .backspace: drop(max(0, line.cursor - 1)..<line.cursor)
    case .delete, .control("D"): drop(line.cursor..<min(line.cursor + 1, line.characters.count))
    case .control("K"): cut(line.cursor..<line.characters.count)
    case .control("U"): cut(0..<line.cursor)
    case .control("W"): cut(line.spacedWordStart..<line.cursor)
    case .wordBackspace: cut(line.wordStart..<line.cursor)
    case .wordDelete, .alt("d"), .alt("D"): cut(line.cursor..<line.wordEnd)
    case .control("Y"): cut.isEmpty ? .refused : insert(cut)
    case .control("T"): line.transpose() ? .changed : .refused
    default: .refused
    }
  }

  private mutating func go(to place: Int) -> Step {
    let before = line.cursor
    line.move(to: place)
    return line.cursor == before ? .refused : .changed
  }

  private mutating func insert(_ text: String) -> Step {
    line.insert(CleanText.string(from: text)) ? .changed : .refused
  }

  private mutating func drop(_ range: Range<Int>) -> Step {
    guard !range.isEmpty else { return .refused }
    _ = line.remove(range)
    return .changed
  }

  private mutating func cut(_ range: Range<Int>) -> Step {
    guard !range.isEmpty else { return .refused }
    let taken = line.remove(range)
    if !isSecret { cut = taken }
    return .changed
  }

  /// One line is typed text. Several are the caller's to decide about.
  private mutating func paste(_ text: String) -> Step {
    paste(text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init))
  }

  mutating func paste(_ pasted: [String]) -> Step {
    let lines = pasted.map { CleanText.string(from: $0) }
      .filter { pasted.count == 1 || !$0.allSatisfy(\.isWhitespace) }
    guard lines.count > 1, !takesOneLine, !isSecret else { return insert(lines.first ?? "") }
    return .event(.pasted(lines, into: exchange(for: LineText())))
  }
}
