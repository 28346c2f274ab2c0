import ChatProtocol
import JSON
import POSIX
import Testing

@testable import chat

private let context = UserContext(user: Name("alice"), room: .lobby)

private func plain(_ event: Event) -> [DisplayedLine] {
  Display.plain.lines(of: .event(ReceivedEvent(time: Conversation.time, event), context))
}

private let terminal = Display.terminal(
  TerminalDisplay(isStyled: false, columns: nil, now: { Timestamp(milliseconds: 0) }) { _ in
    LocalTime(year: 2026, month: 11, day: 20, hour: 20, minute: 5, second: 0)
  })

@Test(
  arguments: [
    (Conversation.own("hello"), "[lobby] alice: hello"),
    (Conversation.own("waves", room: "ops", isAction: true), "[ops] * alice waves"),
    (
      .privateMessage(PrivateMessage(id: 1, from: Name("bob")!, to: Name("alice")!, text: "psst")),
      "[private] bob -> alice: psst"
    ),
    (.joined(room: .lobby, user: Name("bob")!), "* bob joined lobby"),
    (.ok(Reply("logout")), "ok logout"),
    (.error(CommandError(command: "who", code: .busy, message: "Later.")), "error busy: Later."),
  ])
func `a pipe gets the lines of the text dialect, including the user's own messages`(event: Event, line: String) {
  #expect(plain(event) == [DisplayedLine(line, .output)])
}

@Test func `a pipe gets a list as several lines`() {
  let member = RoomMember(name: Name("bob")!, isGuest: true, isMuted: false, role: .member, away: nil)
  #expect(
    plain(.ok(Reply("who", .who(room: .lobby, users: [member])))) == [
      DisplayedLine("ok who 1 member in lobby", .output), DisplayedLine("  bob  member  guest", .output),
    ])
}

@Test func `a pipe is cleaned as a terminal is`() {
  #expect(
    plain(Conversation.own("a\u{1B}[31mb\u{85}")) == [DisplayedLine("[lobby] alice: a\u{FFFD}[31mb\u{FFFD}", .output)])
}

@Test func `json is passed on with control characters escaped`() throws {
  let value = try JSONValue(parsing: Array("{\"text\":\"a\u{9B}31m\u{7F}\u{202E}é\",\"n\":1.0}".utf8))
  let lines = Display.json.lines(of: .json(value))
  #expect(lines == [DisplayedLine("{\"text\":\"a\\u009b31m\\u007f\u{FFFD}é\",\"n\":1.0}", .output)])
}

@Test func `the client's own messages are among the events on a terminal, and on standard error in a pipe`() {
  #expect(terminal.lines(of: .notice("So.")) == [DisplayedLine("20:05 -- So.", .output)])
  #expect(terminal.lines(of: .error("No.")) == [DisplayedLine("20:05 !! No.", .output)])
  for display in [Display.plain, .json] {
    #expect(display.lines(of: .notice("So.")) == [DisplayedLine("chat: So.", .error)])
    #expect(display.lines(of: .error("No.")) == [DisplayedLine("chat: No.", .error)])
    #expect(display.questionStream == .error)
  }
  #expect(terminal.questionStream == .output)
}
