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
      if isAskedForPassword(refusal) { return askPassword(of: room, after: refusal) }
      guard settings.isInteractive else {
        let why =
          isAboutPassword(refusal)
          ? "it is locked; the first line '/join \(room) PASSWORD' in place of --room lets chat in" : refusal.message
        return fail(.notLetIn, "not let into \(room): \(why)")
      }
      show(received)
      chat()
    }
  }

  /// Whether somebody can be asked who may know the password that the room wants.
  func isAskedForPassword(_ refusal: Refusal) -> Bool {
    settings.isInteractive && isAboutPassword(refusal)
  }

  private func isAboutPassword(_ refusal: Refusal) -> Bool {
    refusal.code == .roomLocked || refusal.code == .wrongPassword
  }

  mutating func askPassword(of room: Name, after refusal: Refusal) {
    // That a room is locked, the question says too; that a password was wrong, it does not.
    if refusal.code == .wrongPassword { complain(refusal.message) }
    ask(for: .enter(room))
  }

  mutating func chat() {
    phase = .chatting
    leaveIfDone()
  }
}
