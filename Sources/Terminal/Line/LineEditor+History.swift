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
