import Glibc

/// Asks the user for a password without showing it.
package enum SecretPrompt {
  /// Shows `prompt` and reads a line from the terminal: /dev/tty, so that standard input may be a pipe. Without a terminal it reads
  /// a line of standard input and shows no prompt. Returns nil at the end of input (Ctrl-D on an empty line). Ctrl-C throws
  /// `.interrupted`. The terminal's mode is restored.
  ///
  /// `isShown` asks a question that is no secret and shows the answer. `ahead` holds bytes typed before the call; the
  /// unused rest stays there. A signal that ends the process restores the terminal. With `interruption`, which reads such
  /// signals itself, it throws `.interrupted`.
  package static func read(
    _ prompt: String, isShown: Bool = false, ahead: inout [UInt8], interruption: Interruption? = nil
  ) throws(Errno) -> String? {
    do throws(Errno) {
      let terminal = try File.open("/dev/tty", .readWrite)
      return try read(from: terminal, prompt: prompt, isShown: isShown, ahead: &ahead, interruption: interruption)
    } catch {
      // Without a controlling terminal the device exists but does not open.
      guard error == .noSuchDevice || error == .noSuchFileOrDirectory || error == .permissionDenied else { throw error }
      return try readLine(from: FileDescriptor(duplicating: STDIN_FILENO))
    }
  }

  package static func read(_ prompt: String, isShown: Bool = false) throws(Errno) -> String? {
    var ahead: [UInt8] = []
    return try read(prompt, isShown: isShown, ahead: &ahead)
  }

  /// The same on a given terminal.
  static func read(
    from terminal: borrowing FileDescriptor, prompt: String, isShown: Bool = false, ahead: inout [UInt8],
    interruption: Interruption? = nil
  ) throws(Errno) -> String? {
    let mode = try TerminalMode(of: terminal.rawValue)
    try mode.enterRaw()
    let isFirst = mode.restoreOnEnd()
    // The rest of an interrupted password must not reach the next reader.
    var isWhole = false
    defer {
      if isFirst { TerminalMode.stopRestoringOnEnd() }
      mode.restore(droppingTyped: !isWhole && !isShown)
    }
    try terminal.writeAll(prompt)
    // The cursor leaves the line however that ends.
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
      let poller = try Poller(eventsMax: 2)
      try poller.add(terminal.rawValue, token: 0, interest: .readable)
      try poller.add(interruption.rawValue, token: 1, interest: .readable)
      var isReadable = false
      while !isReadable {
        if interruption.check() { throw .interrupted }
        try poller.wait(timeoutMilliseconds: -1) { if $0.token == 0 { isReadable = true } }
      }
      if interruption.check() { throw .interrupted }
    }
    return try terminal.read(upTo: 1).first
  }

  /// A line up to LF or the end, read byte by byte: the bytes after it are for the next reader.
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

/// A password being typed, with the few editing keys that people use blind.
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
    case 0x0D, 0x0A: return .done
    case 0x03: return .interrupted
    case 0x04: return isEmpty ? .end : .more
    case 0x08, 0x7F:
      // The last character, with all bytes of its UTF-8.
      while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
    case 0x15: bytes = []
    case 0x20...: bytes.append(byte)
    default: break
    }
    return .more
  }
}
