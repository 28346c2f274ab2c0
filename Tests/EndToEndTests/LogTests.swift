import ChatCore
import ChatProtocol
import ChatStore
import Testing

/// `chat.log` as a program reads it, after hostile messages.
@Suite struct LogTests {
  /// Lines that try to end a record, to forge one, or to reach a terminal.
  private static let hostile: [(sent: [UInt8], text: String)] = [
    (Array("she said \"hi\" \\ and left".utf8), "she said \"hi\" \\ and left"),
    (Array("x\r2026-11-20T20:11:02.123Z login user=root".utf8), "x\u{FFFD}2026-11-20T20:11:02.123Z login user=root"),
    (Array("a\u{2028}b\u{85}c\u{0}d".utf8), "a\u{FFFD}b\u{FFFD}c\u{FFFD}d"),
    (Array("\u{1B}]0;owned\u{7}\u{1B}[31mred".utf8), "\u{FFFD}]0;owned\u{FFFD}\u{FFFD}[31mred"),
    ([0x61, 0xFF, 0xC0, 0x80, 0x62], "a\u{FFFD}\u{FFFD}\u{FFFD}b"),
    (Array("\" text=\"forged\" from=root".utf8), "\" text=\"forged\" from=root"),
  ]

  @Test func `every log line reads back, whatever the message`() throws {
    let server = try TestServer(TestFolder())
    let mallory = try server.connect("/register mallory correct-horse")
    for (sent, _) in Self.hostile { #expect(try mallory.ask(sent).isEmpty) }
    _ = try mallory.ask("/create den sesame-open")
    _ = try mallory.ask(Array("/topic ".utf8) + Self.hostile[1].sent)
    _ = try mallory.ask(Array("/away ".utf8) + Self.hostile[3].sent)
    _ = try server.admin("users", "kick", "mallory", "--reason", "enough\r\n\"of\u{1B}[2Jthis\"")
    #expect(try server.stop().status == 0)

    let log = try server.folder.text("chat.log")
    #expect(log.unicodeScalars.allSatisfy { $0 == "\n" || !($0.properties.generalCategory == .control) })
    var said: [String] = []
    for line in log.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
      guard let read = LogFormat.parse(Array(line)) else {
        Issue.record("cannot be read back: \(String(decoding: line, as: UTF8.self))")
        continue
      }
      var written: [UInt8] = []
      LogFormat.append(.event(read.event, read.fields, text: read.text), at: read.time, into: &written)
      #expect(written.dropLast() == Array(line)[...])
      if let message = read.message { said.append(message.message.text) }
    }
    #expect(said == Self.hostile.map(\.text))
  }

  @Test func `no password, hash or private text is in the log or in other users' output`() throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/register alice correct-horse")
    let bob = try server.connect("/register bob battery-staple", json: true)
    _ = try server.connect().ask("/login alice wrong-guess-1")
    _ = try alice.ask("/create den sesame-open")
    _ = try bob.ask("/join den sesame-wrong")
    _ = try bob.ask("/join den sesame-open")
    _ = try alice.ask("/lock another-secret")
    _ = try alice.ask("/passwd correct-horse newer-secret")
    _ = try alice.ask("/regster eve typed-in-haste")
    for command in ["/info", "/who", "/rooms"] { _ = try bob.ask(command) }
    for arguments in [
      ["users", "list"], ["rooms", "list"], ["rooms", "info", "den"], ["sessions", "list"], ["status"],
    ] {
      _ = try server.admin(arguments: arguments + ["--json"])
    }
    _ = try server.admin("rooms", "create", "club", "--password-stdin", "--json", input: "operators-choice\n")
    _ = try server.chat("--name", "alice", "--json", password: "newer-secret", input: "hello\n")
    let told = server.told.text
    _ = try alice.ask("/msg bob meet me at nine")
    #expect(try bob.read(until: "meet me").last?.contains("at nine") == true)
    let generated = try server.admin("rooms", "create", "attic", "--json").output
    let match = try #require(generated.firstMatch(of: /"password":"([^"]+)"/))
    #expect(try server.stop().status == 0)

    let secrets = [
      "correct-horse", "battery-staple", "wrong-guess", "sesame-", "another-secret", "newer-secret", "typed-in-haste",
      "operators-choice", "$y$",
    ]
    let log = try server.folder.text("chat.log")
    for secret in secrets { #expect(!told.contains(secret) && !log.contains(secret), "\(secret)") }
    #expect(!log.contains(match.1) && !log.contains("at nine"))
    #expect(log.contains(" private id=") && log.contains(" login-failed "))
  }

  /// In central Europe clocks go back at 1:00 UTC from 3:00 to 2:00, and forward in March from 2:00 to 3:00.
  @Test func `no line is dropped in the hour that repeats, nor in the one that is skipped`() throws {
    let folder = try TestFolder()
    let autumn = ["23:59", "00:10", "00:50", "01:10", "01:50", "02:10"].enumerated().map { number, time in
      "2026-10-\(number == 0 ? "24" : "25")T\(time):00.000Z message id=\(number + 1) room=lobby from=a text=\"\(time)\"\n"
    }
    let spring = ["00:50", "01:10"].enumerated().map { number, time in
      "2027-03-28T\(time):00.000Z message id=\(number + 7) room=lobby from=a text=\"\(time)\"\n"
    }
    try folder.write("chat.log", autumn.joined() + spring.joined())
    let server = try TestServer(folder)
    func told(_ arguments: String...) throws -> [String] {
      let zone = "CET-1CEST,M3.5.0,M10.5.0/3"
      let end = try server.admin(
        arguments: ["log", "--event", "message", "--last", "99", "--json"] + arguments, zone: zone)
      #expect(end.status == 0)
      return end.output.matches(of: /"id":"(\d+)"/).map { String($0.1) }
    }
    #expect(try told("--since", "2026-10-25T02:05", "--until", "2026-10-25T02:55") == ["2", "3", "4", "5"])
    #expect(try told("--since", "2026-10-25T02:45", "--until", "2026-10-25T02:15") == ["3", "4"])
    #expect(try told("--since", "2026-10-25T02:05+01:00", "--until", "2026-10-25T02:55+01:00") == ["4", "5"])
    #expect(try told("--since", "2026-10-25T00:05Z", "--until", "2026-10-25T00:45Z") == ["2"])
    #expect(try told("--since", "2027-03-28T02:30", "--until", "2027-03-28T03:15") == ["7", "8"])
    #expect(try told("--since", "2027-03-28T01:45", "--until", "2027-03-28T02:30") == ["7", "8"])
    #expect(try server.stop().status == 0)
  }
}
