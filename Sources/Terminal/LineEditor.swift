import Text

/// Edits a line by a shell's (Emacs') keys. A pure value: keys go in; the line, its cursor and events come out.
package struct LineEditor: Sendable {
  /// The result of one key.
  enum Step: Equatable {
    /// The line, its cursor or the prompt changed.
    case changed
    /// The key has no effect here.
    case refused
    case clearScreen
    case event(LineEvent)
  }

  package internal(set) var line = LineText()
  package var history: LineHistory
  /// The line is a password: no history, search or completion.
  var isSecret = false
  /// The line answers a question: only the first line of a paste counts.
  var takesOneLine = false
  /// The text that Ctrl-K, Ctrl-U, Ctrl-W or Alt-d cut last, for Ctrl-Y.
  private var cut = ""
  /// The position of the recalled line in the history, and the line typed before that.
  var recalled: (place: Int, unfinished: LineText)?
  var search: LineSearch?

  package init(history: LineHistory = LineHistory()) { self.history = history }

  /// The prompt while searching.
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

  /// Answers `completionRequested`: replaces `count` characters before the cursor by `text`.
  package mutating func complete(replacing count: Int, with text: String) -> Bool {
    line.replace(before: count, with: CleanText.string(from: text))
  }

  /// Returns the line and empties it.
  mutating func take() -> String { exchange(for: LineText()).text }

  /// Replaces the line and returns the old one. Ends a search.
  mutating func exchange(for other: LineText) -> LineText {
    let line = search?.unfinished ?? line
    (recalled, search) = (nil, nil)
    self.line = other
    return line
  }

  /// Sets the text that Ctrl-Y inserts.
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

  /// One pasted line counts as typed. The caller decides about several.
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

/// An event for the caller of a line editor.
package enum LineEvent: Equatable, Sendable {
  /// Enter.
  case entered(String)
  /// Several lines arrived at once. `into` is the line being typed, with its cursor where they belong.
  case pasted([String], into: LineText)
  /// Tab, with the line up to the cursor; answered by `complete`.
  case completionRequested(String)
  /// Ctrl-C; the line is gone.
  case interrupted
  /// Ctrl-D on an empty line.
  case endOfInput
  /// Ctrl-Z.
  case suspended
}

// History: recall and search.
extension LineEditor {
  /// Shows the next older or newer line. The line being typed is saved and comes after the newest.
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

  /// Nil for a key that ends the search and then acts as usual.
  mutating func pressWhileSearching(_ key: Key) -> Step? {
    guard var search else { return nil }
    switch key {
    case .text(let text), .paste(let text):
      search.query += text.filter { !$0.isNewline }
      // The line found stays as long as it matches.
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
      // Tab accepts the found line and does not complete.
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

/// A search in the history.
struct LineSearch: Sendable {
  var query = ""
  /// The position of the found line in the history.
  var place: Int?
  var hasFailed = false
  /// The line typed before the search.
  let unfinished: LineText

  init(from line: LineText, recalledAt place: Int?) {
    unfinished = line
    self.place = place
  }

  var prompt: String { hasFailed ? "(no line with) \(query): " : "(line with) \(query): " }
}

/// The lines typed before, oldest first: bounded, without empty lines and immediate repetitions.
package struct LineHistory: Equatable, Sendable {
  package private(set) var lines: [String] = []
  private let linesMax: Int

  package init(linesMax: Int = 1000) {
    precondition(linesMax > 0, "a history that holds nothing is none")
    self.linesMax = linesMax
  }

  /// Keeps the last `linesMax`.
  package init(_ lines: [String], linesMax: Int = 1000) {
    self.init(linesMax: linesMax)
    for line in lines { append(line) }
  }

  /// Returns whether the line was added.
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
