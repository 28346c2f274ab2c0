import ChatProtocol

// The private messages of two accounts, which only these two can read.
extension Core {
  /// Reads a page of the caller's private messages with another user, who may be gone.
  mutating func conversation(
    _ caller: Caller, with other: Name, _ asked: HistoryAsked, command: String = "history"
  ) throws(Refusal) {
    let user = users[caller.user]
    guard !user.isGuest else {
      throw Refusal(.accountOnly, "A guest's private messages are not kept; /register to have an account.")
    }
    guard settings.privateHistory else {
      throw Refusal(.historyUnavailable, "This server keeps no private messages that were read.")
    }
    let query = HistoryQuery(
      .conversation(of: user.name, with: other), firstID: pasts[user.name] ?? 1, before: nextID,
      olderThan: asked.olderThan, time: asked.time, ignored: user.ignores, page: asked.page)
    start(
      .readHistory(query), for: caller.session, then: .conversation(caller, with: other, asked, command: command))
  }

  /// While the log was read, the session cannot have become another user's: it waited.
  mutating func finishConversation(
    _ caller: Caller, _ other: Name, _ asked: HistoryAsked, _ command: String, _ result: HistoryResult
  ) throws(Refusal) {
    guard case .messages(let messages, let more, let olderCompressed, _) = result else {
      guard case .unavailable(let reason) = result else { preconditionFailure("there are two results") }
      throw .cannotRead(reason)
    }
    if olderCompressed { noteCompressed(caller) }
    let past = messages.map { past in
      let message = past.message
      return PastPrivateMessage(
        time: past.time,
        message: PrivateMessage(id: message.id, from: message.from, to: message.room, text: message.text))
    }
    let ends = asked.ends(more, isCut: olderCompressed)
    reply(command, .conversation(with: other, messages: past, more: more, ends: ends), to: caller)
  }

  mutating func noteCompressed(_ caller: Caller) {
    send(
      .notice(text: "Older messages may be in compressed pieces of the log, which the server does not read."),
      to: caller.session)
  }
}

extension Refusal {
  static func cannotRead(_ reason: String) -> Refusal {
    Refusal(.historyUnavailable, "The server cannot read the log at the moment (\(reason)); report it to the operator.")
  }
}
