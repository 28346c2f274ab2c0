import ChatProtocol

// Going into the room that one was started for, and into locked ones.
extension ClientSession {
  /// To the room of `--room`, before the first line of input is taken: a script's lines must not end up in another.
  mutating func enterRoom(after reply: Reply) {
    guard let wanted = settings.room, case .entered(_, _, let room, let rooms, _, _) = reply.result, wanted != room
    else { return chat() }
    phase = .enteringRoom
    send(rooms.contains(wanted) ? "/switch \(wanted)" : "/join \(wanted)", expecting: .enteringRoom(wanted))
  }

  mutating func answerEntering(_ room: Name, _ received: ReceivedEvent, _ result: Result<Reply, Refusal>) {
    switch result {
    case .success:
      if settings.isInteractive { show(received) }
      chat()
    case .failure(let refusal):
      if isAskedForPassword(refusal) { return askRoomPassword(room) }
      guard settings.isInteractive else { return fail(.notLetIn, "not let into \(room): \(refusal.message)") }
      show(received)
      chat()
    }
  }

  /// Whether somebody can be asked who may know the password that the room wants.
  func isAskedForPassword(_ refusal: Refusal) -> Bool {
    settings.isInteractive && (refusal.code == .roomLocked || refusal.code == .wrongPassword)
  }

  mutating func askRoomPassword(_ room: Name) {
    askSecret(.roomPassword(room), "Password of the room \(room) (none: just Enter): ")
  }

  mutating func takeRoomPassword(_ password: Secret?, for room: Name) {
    guard let password, !password.exposed.isEmpty else { return chat() }
    guard password.isSendable else {
      complain("A password holds no spaces and no control characters.")
      return askRoomPassword(room)
    }
    phase = .enteringRoom
    send("/join \(room) \(password.exposed)", expecting: .enteringRoom(room))
  }

  private mutating func chat() {
    phase = .chatting
    leaveIfDone()
  }
}
