import ChatProtocol

// A connection that was lost, and made again.
extension ClientSession {
  /// What is sent on the way back, apart from `/format`.
  enum ComingBackStep: Equatable, Sendable {
    case login
    case resume
    case rejoin(Name)
    case current
    case missed(Name)
  }

  private static let tokensMax = 4

  /// Whether this connection's end is no reason to end.
  var mayComeBack: Bool { settings.comesBack && credentials != nil && !wasPutOff }

  mutating func loseConnection(_ reason: String?) {
    keepFiles(of: pending)
    if comeback == nil {
      var unanswered = pending.compactMap(\.typedLine)
      if case .asking(.secret) = phase { complain("The password that was asked for went nowhere.") }
      unanswered.removeAll { $0.command == .quit }
      comeback = Comeback(
        tokens: [resumeToken].compactMap(\.self), rooms: overview.places.map(\.room), current: viewpoint.room,
        unanswered: unanswered)
      let why = (lastWords ?? reason).map { " (\($0))" } ?? ""
      complain("The connection to \(settings.server) is lost\(why). What you type is kept and sent when it is back.")
    } else if let lastWords, comeback?.isTurnedAway == false {
      comeback?.isTurnedAway = true
      complain("\(settings.server) does not let this chat in, which goes on trying: \(lastWords)")
    }
    awaitNextAttempt()
  }

  mutating func awaitNextAttempt() {
    pending = []
    pingSent_ms = nil
    lastWords = nil
    strangeGreeting = nil
    comeback?.awaited = []
    comeback?.held = []
    phase = .lost
    outputs.append(.connect(attempt: comeback?.attempt ?? 1))
    comeback?.attempt += 1
  }

  /// The new connection stands.
  mutating func greetAgain() {
    phase = .greeting
    send("/format json", expecting: .format)
  }

  mutating func logInAgain() {
    phase = .comingBack
    switch credentials {
    case .account(let name, let password):
      send("/login \(name.text) \(password.exposed)", expecting: .comingBack(.login))
    case .guest(let name): send("/guest \(name)", expecting: .comingBack(.login))
    case nil: preconditionFailure("nobody comes back who was never in")
    }
  }

  mutating func answerComingBack(_ step: ComingBackStep, _ result: Result<Reply, Refusal>) {
    switch (step, result) {
    case (.login, .success(let reply)):
      guard case .entered(_, _, _, let rooms, _, _) = reply.result else { break }
      return enterAgain(rooms)
    case (.login, .failure(let refusal)): return refuseComingBack(refusal)
    case (.rejoin(let room), .failure(let refusal)):
      complain("You are not in \(room) any more: \(refusal.message)")
      comeback?.silent.insert(room)
      comeback?.awaited.remove(room)
    case (.missed(let room), .success(let reply)):
      guard case .history(_, let messages, let more) = reply.result else { break }
      takeMissed(messages, in: room)
      if more, let last = messages.last {
        send("/history \(room) since \(last.message.id)", expecting: .comingBack(.missed(room)))
      } else {
        release(room)
      }
    case (.missed(let room), .failure):
      comeback?.silent.insert(room)
      release(room)
    case (.resume, _), (.current, _), (.rejoin, .success): break
    }
    if !pending.contains(where: \.isComingBack) { finishComingBack() }
  }

  /// In again: everything else is asked for at once, as the replies come in order.
  private mutating func enterAgain(_ rooms: [Name]) {
    guard let comeback else { return }
    for token in comeback.tokens { send("/resume \(token.exposed)", expecting: .comingBack(.resume)) }
    // If this connection is lost too, its session is one more to be taken over.
    if let resumeToken { self.comeback?.tokens = comeback.tokens.suffix(Self.tokensMax - 1) + [resumeToken] }
    for room in comeback.rooms where !rooms.contains(room) {
      let key = roomKeys[room].map { " \($0.exposed)" } ?? ""
      send("/join \(room)\(key)", expecting: .comingBack(.rejoin(room)))
    }
    if let current = comeback.current, comeback.rooms.contains(current) {
      send("/switch \(current)", expecting: .comingBack(.current))
    }
    for room in comeback.rooms {
      // Nothing is known of what was seen there: nothing can be told apart from what was not.
      guard let last = lastSeen[room] else {
        self.comeback?.silent.insert(room)
        continue
      }
      self.comeback?.awaited.insert(room)
      send("/history \(room) since \(last)", expecting: .comingBack(.missed(room)))
    }
    if !pending.contains(where: \.isComingBack) { finishComingBack() }
  }

  /// A server that is starting, or has not noticed yet that one was gone, may take one later.
  private mutating func refuseComingBack(_ refusal: Refusal) {
    switch refusal.code {
    case .nameTaken, .busy, .cannotRecord, .tooManyAttempts, .tooManyRegistrations:
      outputs.append(.disconnect)
      awaitNextAttempt()
    default:
      let lines = (comeback?.unanswered ?? []).map(\.line)
      comeback = nil
      credentials = nil
      complain(refusal.message)
      if !lines.isEmpty { complain("Not known whether these were taken: \(lines.joined(separator: " / "))") }
      offer(choices(after: refusal))
    }
  }

  private mutating func takeMissed(_ messages: [PastMessage], in room: Name) {
    for past in messages where past.message.id > lastSeen[room, default: 0] {
      lastSeen[room] = past.message.id
      var message = past.message
      if message.from == viewpoint.user {
        comeback?.found.append(message)
        message.isOwn = true
      } else {
        comeback?.missed += 1
      }
      show(ReceivedEvent(time: past.time, .message(message)))
      observe(.message(message))
    }
  }

  /// What was said in the room while its past was awaited, as far as it was not in that.
  private mutating func release(_ room: Name) {
    comeback?.awaited.remove(room)
    let held = comeback?.held ?? []
    comeback?.held = []
    for received in held {
      guard case .event(.message(let message)) = received.content, message.room == room else {
        comeback?.held.append(received)
        continue
      }
      if message.id > lastSeen[room, default: 0] {
        show(received)
        observe(.message(message))
      }
    }
  }

  /// A message that has to wait for its room's past. Whether it was taken.
  mutating func hold(_ received: ReceivedEvent) -> Bool {
    guard case .event(.message(let message)) = received.content, comeback?.awaited.contains(message.room) == true
    else { return false }
    comeback?.held.append(received)
    return true
  }

  private mutating func finishComingBack() {
    guard var comeback else { return }
    self.comeback = nil
    phase = .chatting
    let missed = comeback.missed
    note("The connection is back; \(missed) message\(missed == 1 ? "" : "s") came meanwhile.")
    var again: [String] = []
    for line in comeback.unanswered where !comeback.takeFound(line) {
      if let repeated = repeatable(line, comeback) {
        again.append(repeated)
      } else {
        complain("Not known whether this was done when the connection was lost: \(line.line)")
      }
    }
    unsent = again + unsent
  }

  /// The line that says the same now; nil where it may have been taken and the history cannot tell.
  private func repeatable(_ line: TypedLine, _ comeback: Comeback) -> String? {
    if line.onlyAsks { return line.line }
    guard let saying = line.saying, !comeback.silent.contains(saying.room), overview[saying.room] != nil else {
      return nil
    }
    if saying.room == viewpoint.room { return line.line }
    return saying.isAction ? nil : "/say \(saying.room) \(saying.text)"
  }
}

extension PendingReply {
  var typedLine: TypedLine? { if case .typed(let line) = self { line } else { nil } }
  var isComingBack: Bool { if case .comingBack = self { true } else { false } }
}
