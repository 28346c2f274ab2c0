import ChatProtocol
import JSON

// A lost connection: noticing it, connecting again, and the messages missed meanwhile.
extension ClientSession {
  /// How long the server may take to answer a ping.
  static let silenceMilliseconds: Int64 = 30_000

  // MARK: Noticing

  /// About every ten seconds.
  mutating func tick() {
    guard settings.reconnects else { return }
    switch state {
    case .chatting:
      guard let pingSentMilliseconds else { return ping() }
      if nowMilliseconds - pingSentMilliseconds >= Self.silenceMilliseconds { hangUp() }
    // The server answers the requests of that state without a ping, or never.
    case .reconnecting: if nowMilliseconds - lastReceivedMilliseconds >= Self.silenceMilliseconds { hangUp() }
    default: break
    }
  }

  private mutating func hangUp() {
    output(.disconnect)
    loseConnection("the server has not answered for \(Self.silenceMilliseconds / 1000) seconds")
  }

  private mutating func ping() {
    pingSentMilliseconds = nowMilliseconds
    send("/ping", expecting: .ping)
  }

  mutating func answerPing() {
    overview.lagMilliseconds = pingSentMilliseconds.map { nowMilliseconds - $0 }
    pingSentMilliseconds = nil
  }

  /// Asks for the last message of a room that has none yet, the current room first. One room at a time: there may be very many.
  mutating func askForHistoryEnd() {
    guard settings.reconnects, state == .chatting else { return }
    history.keep { overview[$0] != nil }
    if pingSentMilliseconds == nil, overview.lagMilliseconds == nil { ping() }
    guard !pending.asksForHistoryEnd else { return }
    let rooms = overview.rooms.map(\.name).filter { !history.isKnown($0) }
    guard let room = rooms.first(where: { $0 == context.room }) ?? rooms.first else { return }
    send("/history \(room) 1", expecting: .historyEnd(room))
  }

  // MARK: Losing

  mutating func endConnection(_ reason: String?) {
    if endsWithoutConnection() { return }
    if mayReconnect { return loseConnection(reason) }
    if let foreignGreeting { return failAsForeign(foreignGreeting) }
    var sentence = "the server at \(settings.server) closed the connection"
    if let why = closingReason ?? reason { sentence += ": \(why.asClause)" }
    if !settings.isInteractive, let line = pending.typedLines.first {
      sentence += "; line \(line.number) was not acknowledged"
    }
    fail(.noServer, sentence)
  }

  mutating func endWithoutAnswer() {
    if endsWithoutConnection() { return }
    if mayReconnect {
      output(.disconnect)
      return loseConnection("the server does not answer")
    }
    if let foreignGreeting { return failAsForeign(foreignGreeting) }
    fail(.noServer, "\(settings.server) does not answer: is it a chat server?")
  }

  private mutating func failAsForeign(_ greeting: String) {
    fail(.protocolError, "\(settings.server) is not a chat server: it says '\(greeting)'")
  }

  /// Ends a session that is leaving.
  private mutating func endsWithoutConnection() -> Bool {
    if case .leaving(let status) = state {
      exit(status)
    } else if isInputEnded, settings.isInteractive {
      leaveWithoutConnection()
    } else {
      return false
    }
    return true
  }

  private var mayReconnect: Bool { settings.reconnects && login.credentials != nil && !login.isKicked }

  private mutating func loseConnection(_ reason: String?) {
    for number in pending.transfers { transfers.wait(number, at: nowMilliseconds, because: "no connection") }
    // The server may not have received it.
    if pending.contains(.read) { privateRead.sent = 0 }
    guard reconnection == nil else {
      if let closingReason { showRefusal(closingReason) }
      return awaitNextAttempt()
    }
    // The question stays open, so that the rest of the password does not become a line.
    if state == .asking(.password) { login.isAnswerDiscarded = true }
    let lines = pending.typedLines
    let isLeaving = isInputEnded && settings.isInteractive || lines.contains { $0.command == .quit }
    history.forgetRefusals()
    overview.forgetMembers()
    hasAskedForRooms = false
    reconnection = Reconnection(
      token: login.resumeToken, rooms: overview.rooms.map(\.name), current: context.room, joining: pending.joinedRoom,
      lostMilliseconds: nowMilliseconds, lastServerTime: pending.missedFilesSince ?? lastServerTime,
      unacknowledged: lines.filter { $0.command != .quit })
    if isLeaving { return leaveWithoutConnection() }
    let why = (closingReason ?? reason).map { " (\($0.asClause))" } ?? ""
    if let timeoutMilliseconds = settings.reconnectTimeoutMilliseconds {
      showError("lost the connection to \(settings.server)\(why); reconnecting for \(timeoutMilliseconds / 1000) s")
    } else {
      showError(
        "Lost the connection to \(settings.server)\(why). What you type is sent when it is back; "
          + "Enter on an empty line reconnects at once.")
    }
    awaitNextAttempt()
  }

  /// Once for each lost connection.
  private mutating func showRefusal(_ sentence: String) {
    guard reconnection?.hasShownRefusal == false else { return }
    reconnection?.hasShownRefusal = true
    showError("\(settings.server) refuses the connection; chat keeps trying: \(sentence)")
  }

  /// The server may be starting, or another program answers for it until then.
  mutating func retryEncryption(_ reason: String) {
    showRefusal(reason.split(separator: "\n").joined(separator: "; "))
    awaitNextAttempt()
  }

  /// Trying again would not help, and the client asks no question in the middle of a session: like a refused login.
  mutating func refuseServer(_ reason: String) {
    let lines = (reconnection?.unacknowledged ?? []).map(\.line) + unsent.map(\.text)
    guard settings.isInteractive, !lines.isEmpty else {
      return fail(.loginRefused, "cannot reconnect\(unacknowledged): \(reason)")
    }
    fail(.loginRefused, "cannot reconnect: \(reason)\nnot sent: \(lines.joined(separator: " / "))")
  }

  mutating func awaitNextAttempt() {
    pending.removeAll()
    pingSentMilliseconds = nil
    closingReason = nil
    foreignGreeting = nil
    state = .disconnected
    output(.connect(attempt: reconnection?.attempt ?? 1))
    reconnection?.beginAttempt()
  }

  // MARK: Giving up

  /// When the client stops reconnecting; nil while connected, or without a limit.
  var reconnectDeadlineMilliseconds: Int64? {
    guard state != .ended, let reconnection, let timeoutMilliseconds = settings.reconnectTimeoutMilliseconds else {
      return nil
    }
    return reconnection.lostMilliseconds + timeoutMilliseconds
  }

  mutating func giveUpReconnecting(_ unread: UnreadInput) {
    guard let timeoutMilliseconds = settings.reconnectTimeoutMilliseconds else { return }
    var sentence = "no connection to \(settings.server) for \(timeoutMilliseconds / 1000) s\(unacknowledged)"
    if unread.count > 0 {
      let lines = unread.count == 1 ? "line" : "lines"
      sentence += "; \(unread.count) \(lines)\(unread.mayBeMore ? " or more" : "") after line \(linesTyped) not sent"
    }
    fail(.noServer, sentence)
  }

  /// For a script's error: the first line that the server has not acknowledged.
  private var unacknowledged: String {
    let numbers = unacknowledgedLines.map(\.number) + unsent.map(\.number) + transfers.lines
    guard !settings.isInteractive, let number = numbers.min() else { return "" }
    return "; line \(number) was not acknowledged"
  }

  mutating func leaveWithoutConnection() {
    let lines = (reconnection?.unacknowledged ?? pending.typedLines).map(\.line) + unsent.map(\.text)
    guard !lines.isEmpty else { return exit(lastStatus) }
    let why = reconnection == nil ? "the server has not acknowledged" : "no connection; not sent"
    fail(.noServer, "\(why): \(lines.joined(separator: " / "))")
  }

  // MARK: Reconnecting

  /// The new connection speaks json.
  mutating func logInAgain() {
    state = .reconnecting
    switch login.credentials {
    case .account(let name, let password):
      send("/login \(name.text) \(password.exposed)", expecting: .reconnection(.login))
    case .guest(let name): send("/guest \(name)", expecting: .reconnection(.login))
    case nil: preconditionFailure("a session without credentials does not reconnect")
    }
  }

  mutating func answerReconnection(_ step: ReconnectionStep, _ result: Result<Reply, Refusal>) {
    switch (step, result) {
    case (.login, .success(let reply)):
      guard case .entered(_, _, _, let rooms, _, _) = reply.result else { break }
      restoreSession(in: rooms)
    case (.login, .failure(let refusal)): return refuseReconnection(refusal)
    // A script's lines must not go to another room.
    case (.rejoin(let room), .failure(let refusal)) where room == reconnection?.current && !settings.isInteractive,
      (.current(let room), .failure(let refusal)) where !settings.isInteractive:
      return fail(.loginRefused, "cannot rejoin \(room): \(refusal.message.asClause)\(unacknowledged)")
    case (.rejoin(let room), .failure(let refusal)):
      showError("You are no longer in \(room): \(refusal.message)")
      reconnection?.giveUpHistory(of: room)
    case (.missed(let room), .success(let reply)):
      guard case .history(_, let messages, let more, _) = reply.result else { break }
      receiveMissed(messages)
      if let id = more?.since {
        send("/history \(room) since \(id)", expecting: .reconnection(.missed(room)))
      } else {
        release(room)
      }
    case (.missed(let room), .failure(let refusal)):
      reconnection?.giveUpHistory(of: room)
      if settings.isInteractive { showError("Missed messages in \(room) are not available: \(refusal.message)") }
      release(room)
    case (.resume, _), (.current, _), (.rejoin, .success): break
    }
    if !pending.isReconnecting { finishReconnecting() }
  }

  /// Logged in again: everything else is asked for at once, as the replies come in order.
  private mutating func restoreSession(in rooms: [Name]) {
    guard let reconnection else { return }
    for token in reconnection.tokens { send("/resume \(token.exposed)", expecting: .reconnection(.resume)) }
    if let token = login.resumeToken { self.reconnection?.addToken(token) }
    for room in reconnection.rooms where !rooms.contains(room) {
      let password = login.roomPasswords[room].map { " \($0.exposed)" } ?? ""
      send("/join \(room)\(password)", expecting: .reconnection(.rejoin(room)))
    }
    if let current = reconnection.current, reconnection.rooms.contains(current) {
      send("/switch \(current)", expecting: .reconnection(.current(current)))
    }
    for room in reconnection.rooms {
      // Without a last message, missed ones cannot be told from older ones.
      guard let last = history[room] else {
        self.reconnection?.giveUpHistory(of: room)
        continue
      }
      self.reconnection?.awaitHistory(of: room)
      send("/history \(room) since \(last)", expecting: .reconnection(.missed(room)))
    }
  }

  /// A server that is starting, or has not noticed yet that the old connection is lost, may accept the login later.
  private mutating func refuseReconnection(_ refusal: Refusal) {
    switch refusal.code {
    case .nameTaken, .busy, .cannotRecord, .tooManyAttempts, .tooManyRegistrations:
      showRefusal(refusal.message)
      output(.disconnect)
      awaitNextAttempt()
    case _ where !settings.isInteractive:
      let sentence = login.advice(after: refusal, isInteractive: false)
      fail(
        .loginRefused, "cannot log in again as \(login.name?.text ?? "a guest"): \(sentence.asClause)\(unacknowledged)")
    default:
      showMissed()
      let lines = (reconnection?.unacknowledged ?? []).map(\.line)
      reconnection = nil
      login.forgetCredentials()
      showError(refusal.message)
      if !lines.isEmpty { showError("These lines may or may not have been sent: \(lines.joined(separator: " / "))") }
      offer(login.choices(after: refusal))
    }
  }

  private mutating func finishReconnecting() {
    showMissedCount()
    guard let reconnection else { return }
    self.reconnection = nil
    state = .chatting
    var again: [QueuedLine] = []
    for line in reconnection.unacknowledged {
      if let text = repeated(line, reconnection) {
        again.append(QueuedLine(text: text, number: line.number))
      } else if settings.isInteractive {
        showError("This line may or may not have been sent before the connection was lost: \(line.line)")
      } else {
        refuseLine(line.number, "it may or may not have been sent before the connection was lost")
      }
    }
    unsent = again + unsent
    sendRead()
    if let since = reconnection.lastServerTime {
      for room in overview.rooms { send("/files \(room.name)", expecting: .missedFiles(since: since)) }
    }
    if let room = reconnection.joining {
      state = .joining
      send("/join \(room)", expecting: .join(room))
    }
  }

  /// The line that does the same now; nil if the server may have received it and the history does not say.
  private func repeated(_ line: TypedLine, _ reconnection: Reconnection) -> String? {
    if line.isIdempotent { return line.line }
    guard let message = line.message, !reconnection.unknown.contains(message.room), overview[message.room] != nil else {
      return nil
    }
    if message.room == context.room { return line.line }
    return message.isAction ? nil : "/say \(message.room) \(message.text)"
  }

  // MARK: Missed messages

  /// A page of a room's history.
  private mutating func receiveMissed(_ messages: [PastMessage]) {
    for past in messages where history.isNew(past.message) {
      var message = past.message
      if message.from == context.user {
        message.isOwn = reconnection?.acknowledge(message) ?? false
      } else {
        reconnection?.count()
      }
      addMissed(MissedEvent(event: ReceivedEvent(time: past.time, .message(message))))
      observe(.message(message))
    }
  }

  /// Messages of the room that came while its history was awaited, and are not in it.
  private mutating func release(_ room: Name) {
    for held in reconnection?.release(room) ?? [] {
      guard case .event(.message(let message)) = held.event.content, history.isNew(message) else { continue }
      addMissed(held)
      observe(.message(message))
    }
  }

  /// Holds back a message while reconnecting: until its room's history is here, or until missed messages are counted. Returns
  /// whether it did.
  mutating func holdBack(_ received: ReceivedEvent, _ line: JSONValue) -> Bool {
    guard reconnection != nil, case .event(let event) = received.content else { return false }
    let missed = MissedEvent(event: received, line: line)
    switch event {
    case .message(let message): return reconnection?.hold(missed, in: message.room) ?? false
    case .privateMessage(let message):
      guard message.id > privateRead.shown else { return true }
      privateRead.shown = message.id
      if message.to == context.user { reconnection?.count(isPrivate: true) }
      addMissed(missed)
      observe(event)
      return true
    default: return false
    }
  }

  private mutating func addMissed(_ event: MissedEvent) {
    guard reconnection?.isCountShown == false else { return show(event) }
    if reconnection?.addUnshown(event) == true { showMissedCount(isComplete: false) }
  }

  private mutating func showMissedCount(isComplete: Bool = true) {
    let count = reconnection?.takeCount(isComplete: isComplete, isInteractive: settings.isInteractive)
    guard let count else { return }
    showNotice(count)
    showMissed()
  }

  mutating func showMissed() {
    for event in reconnection?.takeUnshown() ?? [] { show(event) }
  }

  /// A room's files: shows those shared since then that are new.
  mutating func receiveMissedFiles(_ result: Result<Reply, Refusal>, since: Timestamp) {
    guard case .success(let reply) = result, case .files(let room, let files, let more) = reply.result else { return }
    // The oldest of the page is missed, so earlier ones may be too.
    if case .before(let id) = more, let oldest = files.first, oldest.time > since {
      send("/files \(room) before \(id)", expecting: .missedFiles(since: since))
    }
    for listed in files where listed.time > since && !listed.isUnfinished {
      if known.files.contains(where: { $0.id == listed.file.id }) { continue }
      show(MissedEvent(event: ReceivedEvent(time: listed.time, .file(listed.file))))
      observe(.file(listed.file))
      accept(listed.file)
    }
  }

  private mutating func show(_ missed: MissedEvent) {
    show(missed.event)
    if settings.isJSON, let line = missed.json { show(line) }
  }
}
