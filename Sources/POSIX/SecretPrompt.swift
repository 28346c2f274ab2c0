import Glibc

/// Asks a person for a secret without showing it.
package enum SecretPrompt {
  /// Reads a line from the terminal (/dev/tty, so that a pipe as standard input does not matter), after showing
  /// `prompt`. Where there is no terminal, a line of standard input and no prompt. Nil at the end of input (Ctrl-D on
  /// an empty line); Ctrl-C throws `.interrupted`. The terminal is left as it was.
  ///
  /// `isShown`: it is no secret but the answer to a question, and stands behind the prompt as it is typed. `ahead`: what was
  /// typed before, for whatever would be asked; what is not used stays. A signal that ends the process leaves the terminal as
  /// it was; with `interruption`, which keeps such signals to itself, it throws `.interrupted`.
  package static func read(
    _ prompt: String, isShown: Bool = false, ahead: inout [UInt8], interruption: Interruption? = nil
  ) throws(Errno) -> String? {
    do throws(Errno) {
      let terminal = try File.open("/dev/tty", .readWrite)
      return try read(from: terminal, prompt: prompt, isShown: isShown, ahead: &ahead, interruption: interruption)
    } catch {
      // Without a controlling terminal the device is there but does not open.
      guard error == .noSuchDevice || error == .noSuchFileOrDirectory || error == .permissionDenied else { throw error }
      return try readLine(from: FileDescriptor(duplicating: STDIN_FILENO))
    }
  }

  package static func read(_ prompt: String, isShown: Bool = false) throws(Errno) -> String? {
    var ahead: [UInt8] = []
    return try read(prompt, isShown: isShown, ahead: &ahead)
  }

  /// The same on a terminal of the caller's.
  static func read(
    from terminal: borrowing FileDescriptor, prompt: String, isShown: Bool = false, ahead: inout [UInt8],
    interruption: Interruption? = nil
  ) throws(Errno) -> String? {
    let mode = try TerminalMode(of: terminal.rawValue)
    try mode.enterRaw()
    let isFirst = mode.restoreOnEnd()
    // What is left of a secret that was broken off is for nobody.
    var isWhole = false
    defer {
      if isFirst { TerminalMode.forgetRestoringOnEnd() }
      mode.restore(droppingTyped: !isWhole && !isShown)
    }
    try terminal.writeAll(prompt)
    // Whatever ends the line, the cursor leaves it.
    defer { try? terminal.writeAll("\n") }
    var line = SecretLine()
    while true {
      guard let byte = try nextByte(of: terminal, &ahead, interruption) else { return line.isEmpty ? nil : line.text }
      switch line.take(byte) {
      case .more:
        if isShown {
          let lastLine = prompt.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
          try terminal.writeAll("\r\(lastLine)\(line.text)\u{1B}[K")
        }
      case .done:
        isWhole = true
        return line.text
      case .end: return nil
      case .interrupted: throw .interrupted
      }
    }
  }

  private static func nextByte(
    of terminal: borrowing FileDescriptor, _ ahead: inout [UInt8], _ interruption: Interruption?
  ) throws(Errno) -> UInt8? {
    if !ahead.isEmpty { return ahead.removeFirst() }
    if let interruption {
      let poller = try Poller(events_max: 2)
      try poller.add(terminal.rawValue, token: 0, interest: .readable)
      try poller.add(interruption.rawValue, token: 1, interest: .readable)
      var isReadable = false
      while !isReadable {
        if interruption.check() { throw .interrupted }
        try poller.wait(timeout_ms: -1) { if $0.token == 0 { isReadable = true } }
      }
      if interruption.check() { throw .interrupted }
    }
    return try terminal.read(upTo: 1).first
  }

  /// A line up to LF or the end, byte by byte: what follows belongs to whoever reads next.
  static func readLine(from descriptor: borrowing FileDescriptor) throws(Errno) -> String? {
    var bytes: [UInt8] = []
    while true {
      guard let byte = try descriptor.read(upTo: 1).first else {
        if bytes.isEmpty { return nil }
        break
      }
      if byte == UInt8(ascii: "\n") { break }
      bytes.append(byte)
    }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A line that is typed unseen, with the few keys that people use blind.
struct SecretLine {
  enum Progress {
    case more
    case done
    case end
    case interrupted
  }

  private var bytes: [UInt8] = []

  var isEmpty: Bool { bytes.isEmpty }
  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func take(_ byte: UInt8) -> Progress {
    switch byte {
    case 0x0D, 0x0A:
      return .done
    case 0x03:
      return .interrupted
    case 0x04:
      return isEmpty ? .end : .more
    case 0x08, 0x7F:
      // The last character, with all bytes of its UTF-8.
      while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
    case 0x15:
      bytes = []
    case 0x20...:
      bytes.append(byte)
    default:
      break
    }
    return .more
  }
}
