import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import chat

/// The picture in README.md. `CHAT_DRAW_PICTURE=1 swift test --filter PictureTests` draws it again.
@Suite struct PictureTests {
  @Test func `the picture in the README is the client's real screen`() throws {
    let path = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/Sources/chat/screen.svg"
    let picture = evening().terminal.svg
    if Environment.value("CHAT_DRAW_PICTURE") != nil {
      try File.open(path, [.writeOnly, .create, .truncate], mode: 0o644).writeAll(picture)
    }
    #expect(try String(decoding: File.readWhole(path), as: UTF8.self) == picture)
  }

  private func evening() -> ScreenSession {
    var session = ScreenSession(columns: 80, rows: 14, isStyled: true)
    session.logIn()
    session.change { $0.enter([.lobby, Name("ops")!]) }
    session.hear("evening, everyone")
    say("hi bob! tea is ready 🍵", &session)
    session.hear("你好 alice, is the new build out?", from: "mei")
    say("looks", isAction: true, &session)
    session.hear("it is, and it is the first one that survives a full disk", from: "olaf", in: "ops")
    session.hear("does anyone know how to get to the lake from the station?", from: "mei")
    session.receive(
      .privateMessage(PrivateMessage(id: 1, from: Name("olaf")!, to: Name("alice")!, text: "lunch tomorrow?")))
    session.receive(
      .privateMessage(PrivateMessage(id: 1, from: Name("alice")!, to: Name("olaf")!, text: "at noon")))
    session.hear("@alice could you send me the film of the lake?", from: "mei")
    say("it is on its way", &session)
    session.hear("wonderful")
    session.change {
      $0.change(.lobby) { $0.members = 4 }
      $0.change(Name("ops")!) { $0.unread = 1 }
      $0.lagMilliseconds = 1
      $0.transfers = [
        TransferProgress(
          name: "lake.mov", isSending: true,
          state: .moving(done: 37_400_000, size: 73_300_000, bytesPerSecond: 8_700_000))
      ]
    }
    session.type("/msg mei it will t")
    return session
  }

  private func say(_ text: String, isAction: Bool = false, _ session: inout ScreenSession) {
    session.receive(
      .message(
        RoomMessage(id: 1, room: .lobby, from: Name("alice")!, text: text, isAction: isAction, isOwn: true)))
  }
}
