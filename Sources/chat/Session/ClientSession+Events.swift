import ChatProtocol
import JSON

// The server's lines: events, and the replies to what was sent.
extension ClientSession {
  mutating func receive(_ line: [UInt8]) {
    lastReceivedMilliseconds = nowMilliseconds
    if state == .greeting, line.first != UInt8(ascii: "{") { return receiveText(String(decoding: line, as: UTF8.self)) }
    do throws(CodingError) {
      let value = try JSONValue(receiving: line)
      let event = try ReceivedEvent(decoding: value)
      if reconnection == nil { lastServerTime = event.time }
      if holdBack(event, value) { return }
      if !isHidden(event) { show(value) }
      receive(event)
    } catch {
      fail(.protocolError, "\(settings.server) does not speak the chat protocol: \(error)")
    }
  }

  /// A line of the text dialect, before json: possibly the reason why the server disconnects, or not a chat server's at all.
  private mutating func receiveText(_ text: String) {
    if text.hasPrefix("* ") {
      closingReason = text == ClientSession.greetingEnd ? nil : String(text.dropFirst(2))
    } else {
      foreignGreeting = text
    }
  }

  /// The last line of a server's greeting. Another line is the reason why it closes the connection.
  private static let greetingEnd: String = {
    var greeting: [UInt8] = []
    Dialect.text.encode(.welcome(server: "", version: ""), at: Timestamp(milliseconds: 0), into: &greeting)
    return String(decoding: greeting.dropLast().split(separator: UInt8(ascii: "\n")).last ?? [], as: UTF8.self)
  }()

  /// Whether --json hides an event: a reply to an internal request, or a private message that was shown.
  private func isHidden(_ received: ReceivedEvent) -> Bool {
    switch received.content {
    case .event(.ok), .event(.error), .unfamiliarError: pending.first?.isInternal ?? false
    case .event(.privateMessage(let message)): message.id <= privateRead.shown
    default: false
    }
  }

  private mutating func receive(_ received: ReceivedEvent) {
    defer { if case .event(let event) = received.content { observe(event) } }
    switch received.content {
    case .event(.ok(let reply)): answer(received, .success(reply))
    case .event(.error(let error)): answer(received, .failure(Refusal(code: error.code, message: error.message)))
    case .unfamiliarError(_, _, let message): answer(received, .failure(Refusal(code: nil, message: message)))
    case .event(.message(let message)) where message.isOwn:
      if !settings.seesOwnTyping { show(received) }
      acknowledgeTyped()
    case .event(.privateMessage(let message)):
      // After a crash the server may send one again under the same id.
      if message.id > privateRead.shown {
        show(received)
        privateRead.shown = message.id
      }
      if message.to == context.user { sendRead() }
    case .event(.closing(let reason)):
      // Shown with the end of the connection, which follows.
      closingReason = reason.isEmpty ? nil : reason
    case .event(let event):
      show(received)
      followMove(event)
      if case .file(let file) = event { accept(file) }
    case .unfamiliar(let name):
      guard settings.isInteractive, !hasShownUnknownEvent else { break }
      hasShownUnknownEvent = true
      showNotice("The server sends events that this version of chat does not know, such as '\(name)'.")
    }
  }

  /// One `/read` at a time is enough, however many messages come: it covers everything up to its id.
  mutating func sendRead() {
    guard reconnection == nil, privateRead.sent < privateRead.shown, !pending.contains(.read) else { return }
    send("/read \(privateRead.shown)", expecting: .read)
    privateRead.sent = privateRead.shown
  }

  /// Follows the current room if the server moves the user out of it.
  private mutating func followMove(_ event: Event) {
    switch event {
    case .kicked(nil, _, _): login.isKicked = true
    case .kicked(let room?, _, _), .deleted(let room, _):
      if room == context.room { context.room = .lobby }
    case .left(let room, let user, _):
      // Another session of the account left the room for all of them. The server does not say where it moves from the lobby.
      if user == context.user, room == context.room { context.room = room == .lobby ? nil : .lobby }
    default: break
    }
  }

  // MARK: Replies

  private mutating func answer(_ received: ReceivedEvent, _ result: Result<Reply, Refusal>) {
    guard !pending.isEmpty else {
      return fail(.protocolError, "\(settings.server) sent a reply to nothing: it does not speak the chat protocol")
    }
    let answered = pending.removeFirst()
    if case .success(let reply) = result {
      follow(reply)
      login.noteReply(reply, to: answered.typedLine?.command)
    }
    switch answered {
    case .format: answerFormat(result)
    case .login: answerLogin(received, result)
    case .join(let room): answerJoin(room, received, result)
    case .read: sendRead()
    case .readMark: answerReadMark(result)
    case .memberCount, .roomList: break
    case .historyEnd(let room): history.noteEnd(of: room, result)
    case .ping: answerPing()
    case .offer(let number): answerOffer(number, result)
    case .get(let number): answerGet(number, result)
    case .missedFiles(let since): receiveMissedFiles(result, since: since)
    case .reconnection(let step): answerReconnection(step, result)
    case .quit: endConnection(nil)
    case .typed(let line): answer(line, received, result)
    }
    leaveIfDone()
  }

  /// An own message came back: the server has saved it.
  private mutating func acknowledgeTyped() {
    guard pending.first?.typedLine != nil else {
      return fail(
        .protocolError, "\(settings.server) acknowledged a line never sent: it does not speak the chat protocol")
    }
    _ = pending.removeFirst()
    leaveIfDone()
  }

  private mutating func answerFormat(_ result: Result<Reply, Refusal>) {
    switch result {
    case .success: if reconnection == nil { logIn() } else { logInAgain() }
    case .failure(let refusal): fail(.protocolError, "\(settings.server) does not speak json: \(refusal.message)")
    }
  }

  private mutating func answer(_ line: TypedLine, _ received: ReceivedEvent, _ result: Result<Reply, Refusal>) {
    switch result {
    case .success:
      show(line.command == .help(nil) ? received.withOwnCommands : received)
      switch line.command {
      case .privateMessage(let to, let text) where settings.hasOverview && to != context.user:
        // The typed line has left the screen. Messages to rooms and to oneself come back from the server, this one does not.
        guard case .event(.ok(let reply)) = received.content, case .sent(let id, _) = reply.result,
          let user = context.user
        else { break }
        show(
          ReceivedEvent(
            time: received.time, .privateMessage(PrivateMessage(id: id, from: user, to: to, text: text))))
      case .history, .historyFrom:
        noteHistory(received, of: line.command)
      case .quit: exit(lastStatus)
      case .help(nil) where settings.isInteractive:
        for hint in ClientHelp.hints(hasScreen: settings.hasOverview) { showNotice(hint) }
      case .logout where settings.isInteractive: showNotice(ClientHelp.afterLogout)
      default: break
      }
    case .failure(let refusal):
      // Only one question at a time: while another is open, the error is shown like any other.
      if case .join(let room, _)? = line.command, state == .chatting, asksPassword(refusal) {
        return askPassword(of: room, after: refusal)
      }
      if settings.isInteractive { show(received) } else { refuseLine(line.number, refusal.message) }
      if settings.isInteractive, refusal.code == .lineTooLong { output(.restoreInput(line.line)) }
    }
  }

  /// Follows the user and the current room.
  private mutating func follow(_ reply: Reply) {
    switch reply.result {
    case .entered(let user, _, let room, _, _, _):
      // Unread messages of this user may be older than those shown to another one.
      if user != context.user { privateRead = PrivateReadMark() }
      context = UserContext(user: user, room: room)
    case .moved(_, let current): context.room = current
    case .room(let room, _) where reply.command == "create": context.room = room
    case .room(let room, _) where reply.command == "delete" && room == context.room: context.room = .lobby
    case .user(let user) where reply.command == "nick": context.user = user
    case .done where reply.command == "logout": context = UserContext()
    default: break
    }
  }

  // MARK: Status line and Tab

  mutating func observe(_ event: Event) {
    if case .message(let message) = event { history.see(message) }
    noteShown(event)
    overview.observe(event, as: context)
    known.observe(event, as: context)
  }

  /// After each input: updates the status line, and asks for what it lacks.
  mutating func refreshOverview() {
    overview.connection =
      if let reconnection { .lost(attempt: max(1, reconnection.attempt - 1)) } else {
        state == .greeting ? .connecting : .connected
      }
    overview.user = context.user
    overview.current = context.room
    overview.transfers = transfers.waiting
    overview.unacknowledged = unacknowledgedLines.compactMap(\.shownText) + unsent.filter(\.isShown).map(\.text)
    // While reconnecting, the client switches rooms but the user does not read them.
    guard reconnection == nil, let room = context.room, let current = overview[room] else { return }
    overview.markRead(room)
    guard settings.hasOverview, state == .chatting else { return }
    if current.members == nil, !pending.contains(.memberCount(room)) {
      send("/info \(room)", expecting: .memberCount(room))
    }
    if !hasAskedForRooms {
      hasAskedForRooms = true
      send("/rooms", expecting: .roomList)
    }
  }
}

/// The last private message shown, and the last one reported to the server as read.
struct PrivateReadMark: Equatable, Sendable {
  var shown: MessageID = 0
  var sent: MessageID = 0
}

extension ReceivedEvent {
  /// The answer to `/help` with this client's commands.
  fileprivate var withOwnCommands: ReceivedEvent {
    guard case .event(.ok(let reply)) = content, case .help(let usages) = reply.result else { return self }
    return ReceivedEvent(time: time, .ok(Reply(reply.command, .help(ClientCommands.listed(usages)))))
  }
}

extension JSONValue {
  /// A line that should be JSON.
  fileprivate init(receiving line: [UInt8]) throws(CodingError) {
    do {
      try self.init(parsing: line)
    } catch {
      throw CodingError("a line is not JSON: \(error.problem)")
    }
  }
}
