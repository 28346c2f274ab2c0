import ChatProtocol

/// An `error` reply, of a code that is known here or not.
struct Refusal: Error, Equatable {
  var code: ErrorCode?
  /// What to do, as the server says it.
  var message: String
}

// What replies mean, each for the line that it answers.
extension ClientSession {
  mutating func answer(_ received: ReceivedEvent, _ result: Result<Reply, Refusal>) {
    guard !pending.isEmpty else {
      return fail(.protocolFault, "\(settings.server) sent a reply to nothing: that is not the chat protocol")
    }
    let answered = pending.removeFirst()
    if case .success(let reply) = result {
      follow(reply)
      noteCredentials(of: reply, to: answered.typedLine?.command)
    }
    switch answered {
    case .format: answerFormat(result)
    case .comingIn: answerComingIn(received, result)
    case .enteringRoom(let room): answerEntering(room, received, result)
    case .read: tellRead()
    case .counting, .survey: break
    case .past(let room): answerPast(of: room, result)
    case .ping: answerPing()
    case .offering(let number): answerOffer(number, result)
    case .fetching(let number): answerGet(number, result)
    case .missedFiles(let since): takeMissed(result, since: since)
    case .comingBack(let step): answerComingBack(step, result)
    case .quit: endConnection(nil)
    case .typed(let line): answer(line, received, result)
    }
    leaveIfDone()
  }

  /// An own message came back: it stands in the log.
  mutating func answerTyped() {
    guard let first = pending.first, first.isTyped else {
      return fail(.protocolFault, "\(settings.server) acknowledged what was not sent: that is not the chat protocol")
    }
    pending.removeFirst()
    leaveIfDone()
  }

  private mutating func answerFormat(_ result: Result<Reply, Refusal>) {
    switch result {
    case .success: if comeback == nil { comeIn() } else { logInAgain() }
    case .failure(let refusal): fail(.protocolFault, "\(settings.server) does not speak json: \(refusal.message)")
    }
  }

  private mutating func answer(
    _ line: TypedLine, _ received: ReceivedEvent, _ result: Result<Reply, Refusal>
  ) {
    switch result {
    case .success:
      show(line.command == .help(nil) ? received.withOwnCommands : received)
      switch line.command {
      case .privateMessage(let to, let text) where settings.hasOverview && to != viewpoint.user:
        // What was typed has gone from the screen; to rooms, and to oneself, it comes back by itself.
        guard case .event(.ok(let reply)) = received.content, case .sent(let id, _) = reply.result,
          let user = viewpoint.user
        else { break }
        show(
          ReceivedEvent(
            time: received.time, .privateMessage(PrivateMessage(id: id, from: user, to: to, text: text))))
      case .quit: leave(alreadyAsked: true)
      case .help(nil) where settings.isInteractive:
        for hint in ClientHelp.hints + (settings.hasOverview ? ClientHelp.screenHints : []) { note(hint) }
      case .logout where settings.isInteractive: note(ClientHelp.afterLogout)
      default: break
      }
    case .failure(let refusal):
      // One question at a time: where another one is open, the error is shown like any other.
      if case .join(let room, _)? = line.command, phase == .chatting, isAskedForPassword(refusal) {
        return askPassword(of: room, after: refusal)
      }
      if settings.isInteractive { show(received) } else { refuseLine(line.number, refusal.message) }
      if settings.isInteractive, refusal.code == .lineTooLong { outputs.append(.giveBack(line.line)) }
    }
  }

  /// Keeps who one is, and where.
  private mutating func follow(_ reply: Reply) {
    switch reply.result {
    case .entered(let user, _, let room, _, _, _):
      // What waits unread for this user may be older than what another one was shown.
      if user != viewpoint.user { (lastPrivateShown, lastPrivateTold) = (0, 0) }
      isGuest = reply.command == "guest"
      viewpoint = Viewpoint(user: user, room: room)
    case .moved(_, let current): viewpoint.room = current
    case .room(let room, _) where reply.command == "create": viewpoint.room = room
    case .room(let room, _) where reply.command == "delete" && room == viewpoint.room: viewpoint.room = .lobby
    case .done where reply.command == "logout": viewpoint = Viewpoint()
    default: break
    }
  }
}

extension ReceivedEvent {
  /// The answer to `/help` as somebody needs it who uses this client.
  fileprivate var withOwnCommands: ReceivedEvent {
    guard case .event(.ok(let reply)) = content, case .help(let usages) = reply.result else { return self }
    return ReceivedEvent(time: time, .ok(Reply(reply.command, .help(ClientCommands.listed(usages)))))
  }
}
