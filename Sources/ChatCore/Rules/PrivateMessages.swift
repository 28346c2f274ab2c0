import ChatProtocol

extension Core {
  mutating func sendPrivately(_ id: SessionID, to name: Name, _ text: String) {
    let from = people[sessions[id].person!].name
    let recipient = present[name]
    guard let to = accounts[name]?.name ?? recipient.map({ people[$0].name }) else {
      refuse(
        id, "msg", .notHere, "\(name) is not here and has no account to keep a message for; check the name with /who.")
      return
    }
    let ignores =
      recipient.map { people[$0].ignores.contains(from) } ?? offlineUsers[to]?.ignores.contains(from) ?? false
    let message = PrivateMessage(id: nextID, from: from, to: to, text: text)
    if !ignores && accounts.contains(to) {
      guard settings.inboxMessages == 0 || unread[to]?.count ?? 0 < settings.inboxMessages else {
        refuse(
          id, "msg", .inboxFull,
          "\(to) has \(settings.inboxMessages) unread messages and can take no more; try again when they are read.")
        return
      }
      let mail = Mail(time: now, message: message)
      unread[to, default: []].append(mail)
      record(.mail(mail))
    }
    _ = makeID()
    log("private", [.init("id", "\(message.id)"), .init("from", from.text), .init("to", to.text)])
    reply("msg", .sent(id: message.id, away: recipient.flatMap { people[$0].away }), to: id)
    if let recipient, !ignores { send(.privateMessage(message), to: people[recipient].sessions) }
    // The author's other sessions see both sides of the conversation.
    if to != from { send(.privateMessage(message), to: people[sessions[id].person!].sessions, except: id) }
  }

  /// Everything up to and with `id` has been read.
  mutating func markRead(_ name: Name, upTo id: MessageID) {
    guard let first = unread[name]?.first, first.message.id <= id else { return }
    unread[name]!.removeAll { $0.message.id <= id }
    if unread[name]!.isEmpty { unread[name] = nil }
    record(.mailRead(by: name, upTo: id))
  }
}
