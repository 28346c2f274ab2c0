import ChatProtocol

// What a session remembers and does so that it can come back, and notices that it has to.
extension ClientSession {
  /// How long a server that is asked whether it is there may take.
  static let silence_ms: Int64 = 30_000
  /// Lines that are on their way at the same time: a server slows down whoever sends more than it can bear.
  static let unansweredMax = 10

  /// About every ten seconds.
  mutating func tick() {
    guard settings.comesBack else { return }
    switch phase {
    case .chatting:
      guard let sent = pingSent_ms else { return ping() }
      if now_ms - sent >= Self.silence_ms { hangUp() }
    // What is asked there is answered without a ping, or never.
    case .comingBack: if now_ms - heard_ms >= Self.silence_ms { hangUp() }
    default: break
    }
  }

  private mutating func hangUp() {
    outputs.append(.disconnect)
    loseConnection("it has not answered for \(Self.silence_ms / 1000) seconds")
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

  /// Where each room's past ends for this session, so that it is known later what was missed. One at a time, the current one
  /// first: somebody may be in very many.
  mutating func askWherePastEnds() {
    guard settings.comesBack, phase == .chatting else { return }
    for room in lastSeen.keys where overview[room] == nil { lastSeen[room] = nil }
    if pingSent_ms == nil, overview.lag_ms == nil { ping() }
    guard !pending.contains(where: \.isAboutPast) else { return }
    let unknown = overview.places.map(\.room).filter { lastSeen[$0] == nil && !pastless.contains($0) }
    guard let room = unknown.first(where: { $0 == viewpoint.room }) ?? unknown.first else { return }
    send("/history \(room) 1", expecting: .past(room))
  }

  mutating func answerPast(of room: Name, _ result: Result<Reply, Refusal>) {
    guard case .success(let reply) = result, case .history(_, let messages, let more) = reply.result else {
      // All of the past is not what is missed after that.
      pastless.insert(room)
      return
    }
    // Where the server has looked at a part of the past and found nothing for this one, it ends there.
    let end: MessageID = if case .before(let id) = more { id } else { 0 }
    lastSeen[room] = max(lastSeen[room] ?? 0, messages.last?.message.id ?? end)
  }

  /// Lines that waited for their turn.
  mutating func sendUnsent() {
    while phase == .chatting, !unsent.isEmpty, pending.count(where: \.isTyped) < Self.unansweredMax,
      !settings.isInteractive || !pending.contains(where: { $0.typedLine?.command?.isJoinWithoutPassword == true })
    {
      sendTyped(unsent.removeFirst())
    }
  }
}

extension PendingReply {
  fileprivate var isAboutPast: Bool { if case .past = self { true } else { false } }
}
