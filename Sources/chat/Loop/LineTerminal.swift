import POSIX

/// A terminal whose lines the system edits and shows, for a `LineUI`. It shows them only where that is not a password's place:
/// what is typed while `chat` waits for the server, or has asked for a password, is not seen and not used for anything else.
final class LineTerminal {
  let descriptor: CInt
  private let mode: TerminalMode
  private var isHidden = false
  private var hasAwaitedLine = false
  /// What was typed while it was not shown.
  private var ahead: [UInt8] = []

  init(_ descriptor: CInt) throws(Errno) {
    self.descriptor = descriptor
    mode = try TerminalMode(of: descriptor)
    _ = mode.restoreOnEnd()
  }

  /// What is awaited from here on. Whether something was dropped that may be a password.
  func await(_ awaited: AwaitedInput) throws(Errno) -> Bool {
    guard awaited.isLine else {
      if !isHidden { try mode.enterUnseen() }
      isHidden = true
      return false
    }
    defer { hasAwaitedLine = true }
    guard isHidden else { return false }
    isHidden = false
    // What was typed before the first question answers it.
    guard hasAwaitedLine || awaited != .name else {
      mode.restore()
      return false
    }
    let unread = try TerminalMode.unreadBytes(of: descriptor)
    let isDropped = !ahead.isEmpty || unread > 0
    ahead = []
    mode.restore(droppingTyped: true)
    return isDropped
  }

  /// Keeps what was typed while nothing is awaited. Whether it asks for the end.
  func keep(_ bytes: [UInt8]) -> Bool {
    ahead += bytes
    let lines = ahead.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    return bytes.isEmpty || lines.contains { $0.elementsEqual("/quit".utf8) }
  }

  /// What was kept, for whatever reads next.
  func takeKept() -> [UInt8] {
    defer { ahead = [] }
    return ahead
  }

  func askSecret(_ question: String) -> String? {
    (try? SecretPrompt.read(question, ahead: &ahead)).flatMap { $0 }
  }

  /// For somebody else to take, who gets what was typed.
  func handOver() -> [UInt8] {
    TerminalMode.forgetRestoringOnEnd()
    mode.restore()
    isHidden = false
    return takeKept()
  }

  /// As it was found.
  func end() { mode.restore(droppingTyped: isHidden) }
}
