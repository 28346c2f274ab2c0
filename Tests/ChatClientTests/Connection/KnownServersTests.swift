import POSIX
import TestSupport
import Testing

@testable import chat

private func fingerprint(_ digit: Character) -> String {
  "SHA256:" + [String](repeating: "\(digit)\(digit)", count: 32).joined(separator: ":")
}

private func servers(_ text: String) -> KnownServers { KnownServers(Array(text.utf8)) }

@Suite struct KnownServersTests {
  @Test func `a line is a server and a fingerprint in any of its forms`() {
    let bare = String(repeating: "b", count: 64)
    let known = servers(
      """
      # my servers

      Chat.example.org:7777 \(fingerprint("A")) 2026-12-01
      [::1]:7777\t\(bare)\r
      chat.example.org:7777 \(fingerprint("C"))
      chat.example.org:7778 \(fingerprint("D")) 2026-12-01
      """)
    #expect(
      known.pins(of: "chat.example.org:7777") == [
        KnownServers.Pin(fingerprint: fingerprint("A"), line: 3),
        KnownServers.Pin(fingerprint: fingerprint("C"), line: 5),
      ])
    #expect(known.pins(of: "[::1]:7777") == [KnownServers.Pin(fingerprint: fingerprint("B"), line: 4)])
    #expect(known.pins(of: "CHAT.example.org:7778").map(\.line) == [6])
    #expect(known.pins(of: "example.org:7777").isEmpty)
    #expect(known.unreadableLines.isEmpty)
  }

  @Test(
    arguments: [
      "chat.example.org:7777", "chat.example.org:7777 SHA256:AB",
      "chat.example.org:7777 2026-12-01 \(fingerprint("A"))",
      "chat.example.org:7777 \(fingerprint("A")) 2026-12-01 14:00", "chat.example.org:7777 \(fingerprint("G"))",
    ])
  func `another line is named, and is not taken for none`(line: String) {
    let known = servers("other:1 \(fingerprint("A"))\n\(line)\n")
    #expect(known.pins(of: "chat.example.org:7777").isEmpty)
    #expect(known.unreadableLines == [2])
    #expect(known.damagedLine(of: "chat.example.org:7777") == 2)
    #expect(known.damagedLine(of: "other:1") == nil)
  }

  @Test(arguments: ["", "no end", "# é\n\n", "junk\n\u{0}\n"])
  func `adding a line changes no other`(text: String) {
    let before = Array(text.utf8) + (text.isEmpty ? [] : [0xFF, 0x0A])
    var known = KnownServers(before)
    known.add("Chat.example.org:7777", fingerprint("A"), date: "2026-12-01")
    #expect(known.bytes == before + Array("chat.example.org:7777 \(fingerprint("A")) 2026-12-01\n".utf8))
    #expect(known.pins(of: "chat.example.org:7777").count == 1)
  }

  @Test func `the file is made, private, and read again`() throws {
    let folder = try TemporaryFolder()
    let file = KnownServersFile(path: folder.path("state/chat/known_servers"))
    #expect(try file.load() == KnownServers())
    try file.add("a:1", fingerprint("A"), date: "2026-12-01")
    try file.add("b:2", fingerprint("B"), date: "2026-12-02")
    #expect(try file.load().pins(of: "b:2") == [KnownServers.Pin(fingerprint: fingerprint("B"), line: 2)])
    #expect(try File.status(file.path!).mode == 0o600)
    #expect(try File.status(folder.path("state/chat")).mode == 0o700)
    #expect(try File.names(inDirectory: folder.path("state/chat")) == ["known_servers"])
  }

  @Test func `a file that cannot be read is not taken for an empty one`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: Errno.isDirectory) { try KnownServersFile(path: folder.path).load() }
    #expect(throws: Errno.isDirectory) { try KnownServersFile(path: folder.path).add("a:1", "x", date: "y") }
    #expect(throws: Errno.noSuchFileOrDirectory) { try KnownServersFile(path: nil).add("a:1", "x", date: "y") }
  }
}
