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

/// What a line editor has to tell whoever it works for.
package enum LineEvent: Equatable, Sendable {
  /// Enter.
  case entered(String)
  /// Several lines came at once. `into` is the line that was being typed, with its cursor where they belong.
  case pasted([String], into: LineText)
  /// Tab: the line up to the cursor, to be answered by `complete`.
  case completionRequested(String)
  /// Ctrl-C; the line is gone.
  case interrupted
  /// Ctrl-D on an empty line.
  case endOfInput
  /// Ctrl-Z.
  case suspended
}

// Lines typed before: one after the other, or looked for.
extension LineEditor {
  /// The next older or newer line. The one that was being typed is kept and comes back behind the newest.
  mutating func recall(older: Bool) -> Step {
    let place = recalled?.place ?? history.lines.count
    let next = older ? place - 1 : place + 1
    guard next >= 0, next <= history.lines.count else { return .refused }
    let unfinished = recalled?.unfinished ?? line
    if next == history.lines.count {
      line = unfinished
      recalled = nil
    } else {
      line = LineText(history.lines[next])
      recalled = (next, unfinished)
    }
    return .changed
  }

  /// Nil for a key that ends the search and then does what it does.
  mutating func pressWhileSearching(_ key: Key) -> Step? {
    guard var search else { return nil }
    switch key {
    case .text(let text), .paste(let text):
      search.query += text.filter { !$0.isNewline }
      // The line found stays as long as it fits.
      return find(&search, before: (search.place ?? history.lines.count - 1) + 1)
    case .backspace:
      guard !search.query.isEmpty else { return .refused }
      search.query.removeLast()
      return find(&search, before: history.lines.count)
    case .control("R"):
      return find(&search, before: search.place ?? history.lines.count)
    case .control("G"), .escape:
      line = search.unfinished
      self.search = nil
      return .changed
    default:
      if let place = search.place { recalled = (place, recalled?.unfinished ?? search.unfinished) }
      self.search = nil
      // Tab takes the line that was found, and no more.
      return key == .tab ? .changed : nil
    }
  }

  private mutating func find(_ search: inout LineSearch, before place: Int) -> Step {
    defer { self.search = search }
    guard !search.query.isEmpty else {
      search.place = nil
      search.hasFailed = false
      line = search.unfinished
      return .changed
    }
    guard let found = history.newest(containing: search.query, before: place) else {
      let wasSaid = search.hasFailed
      search.hasFailed = true
      return wasSaid ? .refused : .changed
    }
    search.place = found
    search.hasFailed = false
    line = LineText(history.lines[found])
    if let range = history.lines[found].firstRange(of: search.query) {
      line.move(to: history.lines[found][..<range.lowerBound].count)
    }
    return .changed
  }
}

/// Looking for a line by a part of it.
struct LineSearch: Sendable {
  var query = ""
  /// Where in the history the line that is shown stands.
  var place: Int?
  var hasFailed = false
  /// What was being typed before.
  let unfinished: LineText

  init(from line: LineText, recalledAt place: Int?) {
    unfinished = line
    self.place = place
  }

  var prompt: String { hasFailed ? "(no line with) \(query): " : "(line with) \(query): " }
}

/// Lines typed before, the oldest first: bounded, and none twice in a row.
package struct LineHistory: Equatable, Sendable {
  package private(set) var lines: [String] = []
  private let linesMax: Int

  package init(linesMax: Int = 1000) {
    precondition(linesMax > 0, "a history that holds nothing is none")
    self.linesMax = linesMax
  }

  /// The last of these.
  package init(_ lines: [String], linesMax: Int = 1000) {
    self.init(linesMax: linesMax)
    for line in lines { append(line) }
  }

  /// An empty line is none. Whether it was new.
  @discardableResult
  package mutating func append(_ line: String) -> Bool {
    guard !line.allSatisfy(\.isWhitespace), line != lines.last else { return false }
    lines.append(line)
    if lines.count > linesMax { lines.removeFirst(lines.count - linesMax) }
    return true
  }

  /// The newest line before `place` that contains `text`.
  package func newest(containing text: String, before place: Int) -> Int? {
    lines[..<min(max(0, place), lines.count)].lastIndex { $0.contains(text) }
  }
}
