import ChatProtocol

// A connection that was lost, and made again.
extension ClientSession {
  /// What is sent on the way back, apart from `/format`.
  enum ReconnectionStep: Equatable, Sendable {
    case login
    case resume
    case rejoin(Name)
    case current(Name)
    case missed(Name)
  }

  private static let tokensMax = 4

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

  mutating func answerComingBack(_ step: ReconnectionStep, _ result: Result<Reply, Refusal>) {
    switch (step, result) {
    case (.login, .success(let reply)):
      guard case .entered(_, _, _, let rooms, _, _) = reply.result else { break }
      return enterAgain(rooms)
    case (.login, .failure(let refusal)): return refuseComingBack(refusal)
    // What a script says is not for another room.
    case (.rejoin(let room), .failure(let refusal)) where room == comeback?.current && !settings.isInteractive,
      (.current(let room), .failure(let refusal)) where !settings.isInteractive:
      return fail(.notLetIn, "not let into \(room) again: \(refusal.message.asClause)\(unacknowledged)")
    case (.rejoin(let room), .failure(let refusal)):
      complain("You are not in \(room) any more: \(refusal.message)")
      comeback?.silent.insert(room)
      comeback?.awaited.remove(room)
    case (.missed(let room), .success(let reply)):
      guard case .history(_, let messages, let more) = reply.result else { break }
      takeMissed(messages, in: room)
      if case .since(let id) = more {
        send("/history \(room) since \(id)", expecting: .comingBack(.missed(room)))
      } else {
        release(room)
      }
    case (.missed(let room), .failure(let refusal)):
      comeback?.silent.insert(room)
      if settings.isInteractive { complain("What was said in \(room) meanwhile is not known: \(refusal.message)") }
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
      send("/switch \(current)", expecting: .comingBack(.current(current)))
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
      tellTurningAway(refusal.message)
      outputs.append(.disconnect)
      awaitNextAttempt()
    case _ where !settings.isInteractive:
      let sentence = adviceForScript(refusal)
      fail(.notLetIn, "not let in again as \(loginName?.text ?? "nobody"): \(sentence.asClause)\(unacknowledged)")
    default:
      showKept()
      let lines = (comeback?.unanswered ?? []).map(\.line)
      comeback = nil
      credentials = nil
      complain(refusal.message)
      if !lines.isEmpty { complain("Not known whether these were taken: \(lines.joined(separator: " / "))") }
      offer(choices(after: refusal))
    }
  }

  private mutating func finishComingBack() {
    tellMissed(isAll: true)
    guard let comeback else { return }
    self.comeback = nil
    phase = .chatting
    var again: [WaitingLine] = []
    for line in comeback.unanswered {
      if let text = repeatable(line, comeback) {
        again.append(WaitingLine(text: text, number: line.number))
      } else if settings.isInteractive {
        complain("Not known whether this was done when the connection was lost: \(line.line)")
      } else {
        refuseLine(line.number, "not known whether this was done when the connection was lost")
      }
    }
    unsent = again + unsent
    tellRead()
    if let lastHeard = comeback.lastHeard {
      for place in overview.places { send("/files \(place.room)", expecting: .missedFiles(since: lastHeard)) }
    }
    if let room = comeback.entering {
      phase = .enteringRoom
      send("/join \(room)", expecting: .enteringRoom(room))
    }
  }

  /// The line that says the same now; nil where it may have been taken and the history cannot tell.
  private func repeatable(_ line: TypedLine, _ comeback: Reconnection) -> String? {
    if line.mayBeSentTwice { return line.line }
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
