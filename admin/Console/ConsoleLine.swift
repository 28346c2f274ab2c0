import ChatProtocol
import Terminal

/// A line of the console, parsed.
enum ConsoleLine: Equatable {
  /// Empty, or a comment after `#`.
  case nothing
  case quit
  case help
  case command(AdminOptions)

  /// `console` is the command line that the console was started with: its server, and whether answers are JSON.
  init(_ line: String, in console: AdminOptions) throws(AdminError) {
    let split = ShellWords(line)
    if let quote = split.openQuote { throw AdminError(.usage, "missing closing quotation mark \(quote)") }
    // Examples begin with the program's name.
    let words = split.words.first == "chat-admin" ? Array(split.words.dropFirst()) : split.words
    switch words {
    case [] where split.words.isEmpty: self = .nothing
    case _ where split.words[0].hasPrefix("#"): self = .nothing
    case ["quit"], ["exit"]: self = .quit
    case ["help"], ["--help"]: self = .help
    default:
      var options = try AdminOptions(parsing: words)
      guard options.command != .none else { throw AdminError(.usage, "no command given; 'help' lists them") }
      // `restore` asks no server, so it may name a folder.
      let isOffline = if case .restore = options.command { true } else { false }
      if !isOffline || options.location == .standard {
        guard options.location == .standard else {
          throw AdminError(.usage, "a console uses one server; start another chat-admin for another server")
        }
        options.location = console.location
      }
      options.json = options.json || console.json
      self = .command(options)
    }
  }

  /// Whether it is `top` on the whole screen, which needs the terminal as the shell left it.
  var takesScreen: Bool {
    if case .command(let options) = self, case .top(let top) = options.command { return !top.isOnce && !options.json }
    return false
  }

  /// Whether the history file may keep the line. A valid command contains no secret; an invalid one may have one in the
  /// wrong place, so it is never saved. Nor is a line that begins with a space.
  static func maySave(_ line: String, in console: AdminOptions) -> Bool {
    guard line.first?.isWhitespace == false, let line = try? ConsoleLine(line, in: console) else { return false }
    return line != .nothing
  }

  /// Completes the last word of a line or, if its length is 0, a new word.
  static func completion(of line: ShellWords) -> Completion {
    var before = line.words
    let typed = line.lastLength > 0 ? before.removeLast() : ""
    if before.first == "chat-admin" { before.removeFirst() }
    let general: [Option] = before.first == "restore" ? [.data, .json, .help] : [.json, .help]
    var completion = Completion(typed, after: before, general: general)
    if before.isEmpty { completion.words += completion.matching(["quit", "exit"]) }
    return completion
  }
}

/// A line split into words as a shell does: at spaces, except in quotes and after a backslash. It has none of a shell's
/// variables, patterns or pipes.
struct ShellWords: Equatable {
  private(set) var words: [String] = []
  /// A quotation mark that is not closed.
  private(set) var openQuote: Character?
  /// The length in characters of the last word on the line, with its quotes; 0 if a new word would begin there.
  private(set) var lastLength = 0

  init(_ line: String) {
    var word: String?
    var isEscaped = false
    for character in line {
      lastLength += 1
      if isEscaped {
        isEscaped = false
        word = (word ?? "") + String(character)
      } else if character == openQuote {
        openQuote = nil
      } else if character == "\\", openQuote != "'" {
        isEscaped = true
        word = word ?? ""
      } else if openQuote == nil, character == "\"" || character == "'" {
        openQuote = character
        word = word ?? ""
      } else if openQuote == nil, character.isWhitespace {
        if let word { words.append(word) }
        word = nil
        lastLength = 0
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
  }
}
