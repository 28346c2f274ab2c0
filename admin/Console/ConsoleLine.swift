import ChatProtocol
import Terminal

/// A line of the console, understood.
enum ConsoleLine: Equatable {
  /// Empty, or a remark behind `#`.
  case nothing
  case quit
  case help
  case command(AdminOptions)

  /// `console` is what the console itself was started with: its server, and whether answers are JSON.
  init(_ line: String, in console: AdminOptions) throws(AdminError) {
    let found = LineWords(line)
    if let quote = found.openQuote { throw AdminError(.usage, "the quotation mark \(quote) has no second one") }
    // Examples begin with the program's name.
    let words = found.words.first == "chat-admin" ? Array(found.words.dropFirst()) : found.words
    switch words {
    case [] where found.words.isEmpty: self = .nothing
    case _ where found.words[0].hasPrefix("#"): self = .nothing
    case ["quit"], ["exit"]: self = .quit
    case ["help"], ["--help"]: self = .help
    default:
      var options = try AdminOptions(parsing: words)
      guard options.command != .none else { throw AdminError(.usage, "give a command; help lists them") }
      // No server is asked for that one.
      let isOffline = if case .restore = options.command { true } else { false }
      if !isOffline || options.place == .standard {
        guard options.place == .standard else {
          throw AdminError(.usage, "the console stays with one server; start another chat-admin for another")
        }
        options.place = console.place
      }
      options.json = options.json || console.json
      self = .command(options)
    }
  }
}

extension ConsoleLine {
  /// Whether it is `top`, which finds the terminal as a shell would hand it over.
  var takesScreen: Bool {
    if case .command(let options) = self, case .top(let top) = options.command { return !top.isOnce && !options.json }
    return false
  }

  /// Whether the history may keep the line on the disk. No command takes a secret on its line: what is understood holds
  /// none. What is not may hold one in a wrong place, and is never kept; nor is a line that begins with a space.
  static func mayBeKept(_ line: String, in console: AdminOptions) -> Bool {
    guard line.first?.isWhitespace == false, let line = try? ConsoleLine(line, in: console) else { return false }
    return line != .nothing
  }
}

extension ConsoleLine {
  /// What the last word of a line could become; where its length is 0, the next.
  static func completion(of line: LineWords) -> Completion {
    var before = line.words
    let typed = line.lastLength > 0 ? before.removeLast() : ""
    if before.first == "chat-admin" { before.removeFirst() }
    // A console has its server, and its own words for leaving.
    let general: [Option] = before.first == "restore" ? [.data, .json, .help] : [.json, .help]
    let completion = Completion(typed, after: before, general: general)
    return before.isEmpty ? completion.offering(["quit", "exit"]) : completion
  }
}

extension Completion {
  fileprivate func offering(_ more: [String]) -> Completion {
    var completion = self
    completion.words += matching(more)
    return completion
  }
}
