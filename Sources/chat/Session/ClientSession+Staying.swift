import ChatProtocol

// What a session remembers and does so that it can come back, and notices that it has to.
extension ClientSession {
  /// How long a server that is asked whether it is there may take.
  static let silence_ms: Int64 = 30_000
  /// Lines that are on their way at the same time: a server slows down whoever sends more than it can bear.
  static let unansweredMax = 10

  /// About every ten seconds.
  mutating func tick() {
    guard settings.comesBack, phase == .chatting else { return }
    if let sent = pingSent_ms {
      guard now_ms - sent >= Self.silence_ms else { return }
      outputs.append(.disconnect)
      return loseConnection("it has not answered for \(Self.silence_ms / 1000) seconds")
    }
    ping()
  }

  private mutating func ping() {
    pingSent_ms = now_ms
    send("/ping", expecting: .ping)
  }

  mutating func answerPing() {
    overview.lag_ms = pingSent_ms.map { now_ms - $0 }
    pingSent_ms = nil
  }

  /// What was sent says who comes in how.
  mutating func noteCredentials(_ command: Command?) {
    switch command {
    case .login(let name, let password): tried = .account(name, password)
    case .register(let name, let password, _): tried = .account(.name(name), password)
    case .guest(let name): tried = .guest(name)
    case .join(let room, let key?), .create(let room, .password(let key)): roomKeys[room] = key
    default: break
    }
  }

  mutating func noteCredentials(of reply: Reply, to command: Command?) {
    switch reply.result {
    case .entered(_, _, _, _, let token, _):
      if reply.command != "resume" { credentials = tried }
      if let token { resumeToken = token }
    case .room(let room, let key?): roomKeys[room] = key
    case .done where reply.command == "logout": credentials = nil
    case .done where reply.command == "passwd":
      if case .changePassword(_, let new)? = command, case .account(let name, _)? = credentials {
        credentials = .account(name, new)
      }
    default: break
    }
  }

  /// Where each room's past ends for this session, so that it is known later what was missed. One at a time: somebody may be
  /// in very many.
  mutating func askWherePastEnds() {
    guard settings.comesBack, phase == .chatting else { return }
    for room in lastSeen.keys where overview[room] == nil { lastSeen[room] = nil }
    if pingSent_ms == nil, overview.lag_ms == nil { ping() }
    guard !pending.contains(where: \.isAboutPast),
      let place = overview.places.first(where: { lastSeen[$0.room] == nil })
    else { return }
    send("/history \(place.room) 1", expecting: .past(place.room))
  }

  mutating func answerPast(of room: Name, _ result: Result<Reply, Refusal>) {
    var last: MessageID = 0
    if case .success(let reply) = result, case .history(_, let messages, _) = reply.result {
      last = messages.last?.message.id ?? 0
    }
    lastSeen[room] = max(lastSeen[room] ?? 0, last)
  }

  /// Lines that waited for their turn.
  mutating func sendUnsent() {
    while phase == .chatting, !unsent.isEmpty, pending.count(where: \.isTyped) < Self.unansweredMax {
      sendTyped(unsent.removeFirst())
    }
  }

  /// Leaving while there is no connection.
  mutating func leaveWithoutConnection() {
    let lines = (comeback?.unanswered.map(\.line) ?? []) + unsent
    guard !lines.isEmpty else { return exit(.ok) }
    fail(.noServer, "there was no connection; these went nowhere: \(lines.joined(separator: " / "))")
  }
}

extension PendingReply {
  fileprivate var isAboutPast: Bool { if case .past = self { true } else { false } }
}
