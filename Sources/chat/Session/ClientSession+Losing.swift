import ChatProtocol

// A connection that is lost, until there is another or it is given up.
extension ClientSession {
  /// Whether this connection's end is no reason to end.
  var mayComeBack: Bool { settings.comesBack && credentials != nil && !wasPutOff }

  mutating func loseConnection(_ reason: String?) {
    keepFiles(of: pending)
    // Nobody knows whether the server heard of it.
    if pending.contains(.read) { lastPrivateTold = 0 }
    guard comeback == nil else {
      if let lastWords { tellTurningAway(lastWords) }
      return awaitNextAttempt()
    }
    var unanswered = pending.compactMap(\.typedLine)
    // It goes on being asked for, so that the rest of it is not taken for a line.
    if case .asking(.secret) = phase { isSecretInVain = true }
    let isLeaving = isInputEnded && settings.isInteractive || unanswered.contains { $0.command == .quit }
    unanswered.removeAll { $0.command == .quit }
    pastless = []
    overview.forgetMembers()
    hasSurveyed = false
    comeback = Reconnection(
      tokens: [resumeToken].compactMap(\.self), rooms: overview.places.map(\.room), current: viewpoint.room,
      entering: pending.lazy.compactMap(\.enteredRoom).first, lost_ms: now_ms,
      lastHeard: pending.compactMap(\.missedSince).min() ?? lastHeard,
      unanswered: unanswered)
    if isLeaving { return leaveWithoutConnection() }
    let why = (lastWords ?? reason).map { " (\($0.asClause))" } ?? ""
    if let patience_ms = settings.patience_ms {
      complain("the connection to \(settings.server) is lost\(why); trying for \(patience_ms / 1000) s to get it back")
    } else {
      complain(
        "The connection to \(settings.server) is lost\(why). What you type is kept and sent when it is back; "
          + "Enter on an empty line tries at once.")
    }
    awaitNextAttempt()
  }

  /// Once, for each time that the connection is lost.
  mutating func tellTurningAway(_ sentence: String) {
    guard comeback?.isTurnedAway == false else { return }
    comeback?.isTurnedAway = true
    complain("\(settings.server) does not let this chat in, which goes on trying: \(sentence)")
  }

  mutating func awaitNextAttempt() {
    pending = []
    pingSent_ms = nil
    lastWords = nil
    strangeGreeting = nil
    phase = .lost
    outputs.append(.connect(attempt: comeback?.attempt ?? 1))
    comeback?.beginAttempt()
  }

  // MARK: Giving up

  /// When a lost connection is given up; nil while there is none or somebody watches.
  var givesUp_ms: Int64? {
    guard phase != .over, let comeback, let patience_ms = settings.patience_ms else { return nil }
    return comeback.lost_ms + patience_ms
  }

  mutating func giveUpConnection(_ unread: UnreadLines) {
    guard let patience_ms = settings.patience_ms else { return }
    var sentence = "there was no connection to \(settings.server) for \(patience_ms / 1000) s\(unacknowledged)"
    if unread.count > 0 {
      let lines = unread.count == 1 ? "line" : "lines"
      sentence += "; \(unread.count) \(lines)\(unread.mayBeMore ? " or more" : "") after line \(linesTyped) not said"
    }
    fail(.noServer, sentence)
  }

  /// What a script is told at its end; empty where there is nothing to tell.
  var unacknowledged: String {
    let lines = (comeback?.unanswered ?? []) + pending.compactMap(\.typedLine)
    let numbers = lines.map(\.number) + unsent.map(\.number) + transfers.values.compactMap(\.line)
    guard !settings.isInteractive, let number = numbers.min() else { return "" }
    return "; line \(number) was not acknowledged"
  }

  /// Leaving while there is no connection.
  mutating func leaveWithoutConnection() {
    let sent = comeback?.unanswered ?? pending.compactMap(\.typedLine)
    let lines = sent.map(\.line) + unsent.map(\.text)
    guard !lines.isEmpty else { return exit(lastStatus) }
    let why = comeback == nil ? "the server has not acknowledged these" : "there was no connection; these went nowhere"
    fail(.noServer, "\(why): \(lines.joined(separator: " / "))")
  }
}

extension PendingReply {
  fileprivate var enteredRoom: Name? { if case .enteringRoom(let room) = self { room } else { nil } }
}
