import TestSupport

@testable import Terminal

/// A line editor on a simulated terminal: takes keys, gives the screen and the events.
struct LineSession {
  private(set) var input: LineInput
  private(set) var screen: TerminalScreen
  private(set) var events: [LineEvent] = []

  init(columns: Int = 20, rows: Int = 8, prompt: String = "> ", history: [String] = [], shown: Bool = true) {
    input = LineInput(
      prompt: prompt, columns: columns, rows: rows, history: LineHistory(history))
    screen = TerminalScreen(columns: columns, rows: rows)
    if shown { show() }
  }

  var picture: String { screen.unknown.isEmpty ? screen.picture : "unknown: \(screen.unknown)" }
  var line: String { input.line.text }

  /// After an event that ends a line the next one is shown at once.
  mutating func type(_ keys: String) { type(bytes: Array(keys.utf8)) }

  mutating func type(bytes: [UInt8]) {
    input.feed(bytes)
    work()
  }

  mutating func pause() {
    input.pause()
    work()
  }

  private mutating func work() {
    while let event = input.next() {
      events.append(event)
      if case .entered(let line) = event { input.history.append(line) }
      if case .completionRequested = event { continue }
      input.show()
    }
    flush()
  }

  mutating func show() {
    input.show()
    flush()
  }

  mutating func set(header: [String]) {
    input.header = header
    show()
  }

  mutating func ask(secretly prompt: String) {
    input.prompt = prompt
    input.isSecret = true
    show()
  }

  mutating func printAbove(_ line: String) {
    input.hide()
    flush()
    screen.write(line + "\r\n")
    show()
  }

  /// `header`: the header for the new width.
  mutating func resize(columns: Int, header: [String] = []) {
    screen = screen.resized(columns: columns)
    input.header = header
    input.resize(columns: columns, rows: screen.rows)
    flush()
  }

  mutating func takeBurstsAsPastes() { input.takesBurstsAsPastes = true }

  mutating func complete(replacing count: Int, with text: String) {
    input.complete(replacing: count, with: text)
    flush()
  }

  private mutating func flush() { screen.write(input.takeOutput()) }
}
