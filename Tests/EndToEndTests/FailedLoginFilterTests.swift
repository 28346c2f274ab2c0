import POSIX
import Testing

/// Tests fail2ban's filter in `admin` on a real log. fail2ban itself is not needed: the filter's expression is read
/// from the file and applied as fail2ban does, to the line without its time.
@Suite struct FailedLoginFilterTests {
  private static let forged = "login-failed user=alice session=7 address=203.0.113.5"

  private func expression() throws -> Regex<AnyRegexOutput> {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let file = String(
      decoding: try File.readWhole("\(root)/admin/fail2ban/filter.d/chat-server.conf"), as: UTF8.self)
    let line = try #require(file.split(separator: "\n").first { $0.hasPrefix("failregex = ") })
    return try Regex(String(line.dropFirst("failregex = ".count).replacing("<ADDR>", with: "[0-9a-fA-F:.]+")))
  }

  /// fail2ban removes a time at the beginning of the line.
  private func isFound(_ line: Substring, by expression: Regex<AnyRegexOutput>) -> Bool {
    line.prefix(25).wholeMatch(of: /[0-9-]{10}T[0-9:.]{12}Z\ /) != nil
      && line.dropFirst(24).firstMatch(of: expression) != nil
  }

  @Test func `failed logins are found, and no user's text counts as one`() throws {
    let expression = try expression()
    let server = try TestServer(try TestFolder())
    let alice = try server.connect("/register alice correct-horse")
    _ = try alice.ask("/create ops --open")
    for text in [Self.forged, "2026-11-20T20:11:02.123Z \(Self.forged)", "x\" \(Self.forged)", "x\r\(Self.forged)"] {
      _ = try alice.ask("/topic \(text)")
      _ = try alice.ask("/away \(text)")
      _ = try alice.ask("/say ops \(text)")
    }
    #expect(try server.admin("stop", "--reason", Self.forged).status == 0)
    let hostile = try server.folder.text("chat.log").split(separator: "\n")
    #expect(hostile.contains { $0.contains(" topic ") && $0.contains("203.0.113.5") })
    #expect(hostile.filter { isFound($0, by: expression) } == [])

    let next = try TestServer(server.folder)
    let stranger = try next.connect()
    _ = try stranger.ask("/login alice wrong-horse")
    _ = try stranger.ask("/login nobody wrong-horse")
    #expect(try next.stop().status == 0)
    let found = try next.folder.text("chat.log").split(separator: "\n").filter { isFound($0, by: expression) }
    #expect(found.map { $0.dropFirst(25).prefix { $0 != "=" } } == ["login-failed user", "login-failed session"])
    for line in found {
      #expect(isFound(line.replacing("address=127.0.0.1", with: "address=2001:db8::5")[...], by: expression))
      #expect(!isFound(line.replacing("address=127.0.0.1", with: "address=127.0.0.1 more")[...], by: expression))
    }
  }
}
