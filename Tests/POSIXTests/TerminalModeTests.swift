import TestSupport
import Testing

@testable import POSIX

struct TerminalModeTests {
  @Test func `a pipe is not a terminal`() throws {
    let pipe = try FileDescriptor.pipe()
    #expect(!TerminalMode.isTerminal(pipe.reading.rawValue))
    #expect(throws: Errno.notTerminal) { _ = try TerminalMode(of: pipe.reading.rawValue) }
    #expect(TerminalSize.of(pipe.reading.rawValue) == nil)
  }

  @Test func `in raw mode a key arrives at once without an echo, and the old mode is restored`() throws {
    let terminal = try PseudoTerminal()
    #expect(TerminalMode.isTerminal(terminal.device.rawValue))
    do {
      let mode = try TerminalMode(of: terminal.device.rawValue)
      try mode.enterRaw()
      try terminal.person.writeAll("\u{3}\r")
      #expect(try terminal.device.read(upTo: 1) == [3])
      #expect(try terminal.device.read(upTo: 1) == [13])
      try terminal.device.writeAll("shown\n")
      #expect(try terminal.person.read(upTo: 100) == Array("shown\r\n".utf8), "nothing was echoed")
    }
    try terminal.person.writeAll("a\r")
    #expect(try terminal.device.read(upTo: 100) == Array("a\n".utf8), "a line again, Enter a newline")
    #expect(try terminal.person.read(upTo: 100) == Array("a\r\n".utf8), "echoed again")
  }

  @Test func `Ctrl-C can be the only key that sends a signal`() throws {
    let terminal = try PseudoTerminal()
    let mode = try TerminalMode(of: terminal.device.rawValue)
    try mode.enterRaw(keepingInterrupt: true)
    #expect(try !terminal.isAsFound)
    // Input before a signal key is dropped with it; Ctrl-Z and Ctrl-\ are bytes.
    try terminal.person.writeAll("a\u{3}b\u{1A}\u{1C}")
    #expect(try terminal.device.read(upTo: 100) == Array("b\u{1A}\u{1C}".utf8))
    mode.restore()
    #expect(try terminal.isAsFound)
  }

  @Test func `a terminal has a size once it is set`() throws {
    let terminal = try PseudoTerminal()
    #expect(TerminalSize.of(terminal.device.rawValue) == nil)
    try terminal.setSize(columns: 80, rows: 24)
    #expect(TerminalSize.of(terminal.device.rawValue) == TerminalSize(columns: 80, rows: 24))
  }

  @Test(arguments: [
    ("hunter2\r", "hunter2"), ("wrong\u{15}right\r", "right"), ("abé\u{7F}c\r", "abc"), ("\u{7F}\u{7F}x\r", "x"),
    ("a\u{4}b\r", "ab"), ("\r", ""), ("\u{1B}x\r", "x"),
  ])
  func `a secret is typed without an echo, with the usual editing keys`(typed: String, secret: String) throws {
    #expect(try ask(typed).answer == .success(secret))
    #expect(try ask(typed).seen == "Password: \r\n")
  }

  @Test func `bytes typed ahead come first`() throws {
    #expect(try ask("er2\r", ahead: Array("hunt".utf8)).answer == .success("hunter2"))
  }

  @Test func `a signal read by another thread ends the prompt, and the typed part of the secret is dropped`() throws {
    let terminal = try PseudoTerminal()
    // Here one thread has the signals blocked; in a program all threads have.
    let answer = try Promise {
      Result { () throws(Errno) in
        let interruption = try Interruption()
        var ahead: [UInt8] = []
        Signal.terminate.raise()
        return try SecretPrompt.read(
          from: terminal.device, prompt: "Password: ", ahead: &ahead, interruption: interruption)
      }
    }
    #expect(try answer.value() == .failure(.interrupted))
    #expect(try terminal.isAsFound)
  }

  @Test func `the answer to a question follows it`() throws {
    let terminal = try PseudoTerminal()
    let answer = try Promise {
      Result { () throws(Errno) in
        var ahead: [UInt8] = []
        return try SecretPrompt.read(
          from: terminal.device, prompt: "It will go.\nSure? ", isShown: true, ahead: &ahead)
      }
    }
    var seen = ""
    while !seen.hasSuffix("Sure? ") { seen += String(decoding: try terminal.person.read(upTo: 100), as: UTF8.self) }
    try terminal.person.writeAll("yx\u{7F}\r")
    #expect(try answer.value() == .success("y"))
    while !seen.hasSuffix("\r\n") { seen += String(decoding: try terminal.person.read(upTo: 100), as: UTF8.self) }
    let lines = ["y", "yx", "y"].map { "\rSure? \($0)\u{1B}[K" }
    #expect(seen == "It will go.\r\nSure? " + lines.joined() + "\r\n")
  }

  @Test func `Ctrl-D on an empty line ends the input, Ctrl-C interrupts`() throws {
    #expect(try ask("\u{4}").answer == .success(nil))
    #expect(try ask("secr\u{3}").answer == .failure(.interrupted))
  }

  @Test(arguments: [
    ("one\ntwo\n", ["one", "two"]), ("one\r\n\ntwo", ["one", "", "two"]), ("", []), ("\n", [""]),
  ])
  func `without a terminal a secret is one line, and the rest stays unread`(input: String, lines: [String]) throws {
    let pipe = try FileDescriptor.pipe()
    let reading = pipe.reading
    let writing = pipe.writing
    try writing.writeAll(input)
    _ = consume writing
    for line in lines { #expect(try SecretPrompt.readLine(from: reading) == line) }
    #expect(try SecretPrompt.readLine(from: reading) == nil)
  }

  /// Prompts on a terminal, where another thread waits for the prompt, types, and records the output.
  private func ask(_ typed: String, ahead: [UInt8] = []) throws -> (answer: Result<String?, Errno>, seen: String) {
    let terminal = try PseudoTerminal()
    let answer = try Promise {
      Result { () throws(Errno) in
        var ahead = ahead
        return try SecretPrompt.read(from: terminal.device, prompt: "Password: ", ahead: &ahead)
      }
    }
    var seen = ""
    // The prompt is shown once echo is off.
    while seen != "Password: " { seen += String(decoding: try terminal.person.read(upTo: 100), as: UTF8.self) }
    try terminal.person.writeAll(typed)
    let result = try answer.value()
    seen += String(decoding: try terminal.person.read(upTo: 100), as: UTF8.self)
    return (result, seen)
  }
}
