import Foundation
import POSIX
import TestSupport

/// One of this package's built programs on a terminal.
final class TerminalProgram {
  /// Only a program that hangs reaches this timeout.
  private static let waitLimitMilliseconds: Int32 = 60_000

  let terminal: PseudoTerminal
  /// The folder of its saved state.
  let state: StateFolder
  private let child: ChildProcess
  private let poller: Poller
  private var unread = ""
  /// Everything written to the terminal so far.
  private(set) var seen = ""
  private var isOver = false

  /// `term` is its TERM; nil for none.
  init(
    _ name: String, _ arguments: [String], columns: UInt16 = 80, state: StateFolder? = nil,
    term: String? = "xterm-256color", environment: [String: String] = [:]
  ) throws {
    let state = try state ?? StateFolder()
    var variables = ProcessInfo.processInfo.environment
    variables.merge(["XDG_STATE_HOME": state.path, "NO_COLOR": "1"]) { $1 }
    variables.merge(environment) { $1 }
    variables["TERM"] = term
    let terminal = try PseudoTerminal()
    try terminal.setSize(columns: columns, rows: 24)
    self.terminal = terminal
    self.state = state
    child = try ChildProcess(
      path: Program.path(of: name), arguments: arguments, environment: variables.map { "\($0)=\($1)" },
      terminal: terminal.path)
    poller = try Poller(eventsMax: 1)
    try poller.add(terminal.person.rawValue, token: 0, interest: .readable)
  }

  deinit {
    guard !isOver else { return }
    try? Signal.kill.send(to: child.id)
    child.wait()
  }

  func type(_ keys: String) throws { try terminal.person.writeAll(keys) }

  /// Waits until it has read all typed input.
  func awaitReading() throws { while try terminal.unreadBytes > 0 { sched_yield() } }

  func send(_ signal: Signal) throws { try signal.send(to: child.id) }

  /// The output up to and including `text`.
  @discardableResult
  func read(until text: String) throws -> String { try read(untilAnyOf: [text]) }

  /// The output up to and including the first of the texts that appears.
  @discardableResult
  func read(untilAnyOf texts: [String]) throws -> String {
    while true {
      let found = texts.compactMap { unread.range(of: $0) }
      if let first = found.min(by: { $0.lowerBound < $1.lowerBound }) {
        let read = String(unread[..<first.upperBound])
        unread.removeSubrange(..<first.upperBound)
        return read
      }
      guard try poller.wait(timeoutMilliseconds: Self.waitLimitMilliseconds, { _ in }) > 0 else {
        throw TestFailure("\(texts) does not come; so far: \(unread.debugDescription)")
      }
      let bytes = try terminal.person.read(upTo: 64 << 10)
      let more = String(decoding: bytes, as: UTF8.self)
      unread += more
      seen += more
    }
  }

  /// Types a line and returns the output up to the next prompt.
  @discardableResult
  func ask(_ line: String, prompt: String = "chat-admin> ") throws -> String {
    try type(line + "\r")
    // The program echoes the line, releases the terminal for the command and then takes it again.
    try read(until: "\u{1B}[?2004l")
    return try read(until: "\u{1B}[?2004h").replacing("\r\n", with: "\n").replacing("\u{1B}[?2004h", with: "")
  }

  /// Everything written to the terminal, once the program has ended.
  func readRest() throws -> String {
    while try poller.wait(timeoutMilliseconds: 0, { _ in }) > 0 {
      seen += String(decoding: try terminal.person.read(upTo: 64 << 10), as: UTF8.self)
    }
    return seen
  }

  /// Waits until it has ended. Returns the status as `$?` in a shell.
  func finish() -> Int32 {
    isOver = true
    return child.wait()
  }
}

/// A folder for the saved state of programs, removed at the end.
final class StateFolder {
  private let folder: TemporaryFolder
  var path: String { folder.path }

  init() throws { folder = try TemporaryFolder() }

  var history: String { "\(path)/chat/admin_history" }
  var historyLines: [String] { get throws { try lines(of: "admin_history") } }

  func lines(of name: String) throws -> [String] {
    String(decoding: try File.readWhole("\(path)/chat/\(name)"), as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
