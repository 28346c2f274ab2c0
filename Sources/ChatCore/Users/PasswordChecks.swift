import ChatProtocol

/// An attempt with a password: its network, and its account or room. Wrong passwords are counted per pair as well as
/// per network, so that guesses for one account do not lock out other users of the address.
struct PasswordAttempt: Hashable, Sendable {
  var network: Network
  var target: Target

  enum Target: Hashable, Sendable {
    /// As typed, whether or not the account exists, so that a rejection does not reveal that.
    case login(LoginName)
    case room(Name)
  }
}

/// The running and waiting password checks, and the wrong passwords of the last minute.
struct PasswordChecks: Sendable {
  struct Check: Sendable {
    var session: SessionID
    var secret: Secret
    var hash: String
    var attempt: PasswordAttempt
  }

  private var failuresByNetwork = RateLimiter<Network>()
  private var failures = RateLimiter<PasswordAttempt>()
  /// Includes those of closed sessions.
  private var inProgress: [SessionID: PasswordAttempt] = [:]
  private var countByNetwork: [Network: Int] = [:]
  private var count: [PasswordAttempt: Int] = [:]
  private var waiting: [Network: [Check]] = [:]

  /// Whether the attempt is allowed, now or after those in progress.
  func allows(_ attempt: PasswordAttempt, _ settings: Settings, at now: SteadyTime) -> Bool {
    failuresByNetwork.allows(attempt.network, limit: settings.failedLoginsPerMinute, at: now)
      && failures.allows(attempt, limit: settings.failedLoginsPerTarget, at: now)
  }

  /// Whether the attempt is allowed even if all in progress fail.
  func allowsNow(_ attempt: PasswordAttempt, _ settings: Settings, at now: SteadyTime) -> Bool {
    failuresByNetwork.allows(
      attempt.network, limit: settings.failedLoginsPerMinute, besides: countByNetwork[attempt.network] ?? 0, at: now)
      && failures.allows(
        attempt, limit: settings.failedLoginsPerTarget, besides: count[attempt] ?? 0, at: now)
  }

  func refusal(of attempt: PasswordAttempt, _ settings: Settings, at now: SteadyTime) -> Refusal {
    let isByNetwork = failures.allows(attempt, limit: settings.failedLoginsPerTarget, at: now)
    let target =
      switch attempt.target {
      case _ where isByNetwork: ""
      case .login: " for that account"
      case .room: " for that room"
      }
    let seconds =
      isByNetwork
      ? failuresByNetwork.retryAfterSeconds(attempt.network, at: now) : failures.retryAfterSeconds(attempt, at: now)
    return Refusal(
      .tooManyAttempts,
      "Too many wrong passwords\(target) came from your address; try again in \(seconds) seconds.")
  }

  mutating func begin(_ session: SessionID, _ attempt: PasswordAttempt) {
    inProgress[session] = attempt
    countByNetwork[attempt.network, default: 0] += 1
    count[attempt, default: 0] += 1
  }

  /// Ends a check; nil if none was in progress.
  mutating func end(_ session: SessionID) -> PasswordAttempt? {
    guard let attempt = inProgress.removeValue(forKey: session) else { return nil }
    let ofNetwork = countByNetwork[attempt.network]! - 1
    countByNetwork[attempt.network] = ofNetwork == 0 ? nil : ofNetwork
    let ofAttempt = count[attempt]! - 1
    count[attempt] = ofAttempt == 0 ? nil : ofAttempt
    return attempt
  }

  mutating func countFailure(_ attempt: PasswordAttempt, at now: SteadyTime) {
    failuresByNetwork.count(attempt.network, at: now)
    failures.count(attempt, at: now)
  }

  mutating func wait(_ check: Check) { waiting[check.attempt.network, default: []].append(check) }

  /// Removes the waiting checks of a network, oldest first.
  mutating func removeWaiting(from network: Network) -> [Check] { waiting.removeValue(forKey: network) ?? [] }

  mutating func removeExpired(at now: SteadyTime) {
    failuresByNetwork.removeExpired(at: now)
    failures.removeExpired(at: now)
  }
}

extension Settings {
  /// How many wrong passwords a network may give for one account or room: half of those for all together, so that the
  /// other half is left to others who share it.
  var failedLoginsPerTarget: Int { (failedLoginsPerMinute + 1) / 2 }
}

// Wrong passwords limit the network they come from, never an account for all networks. At most as many are checked at a
// time as may still be wrong, and the rest wait. So many connections at once do not help to guess, and many users of
// one network can log in at the same time.
extension Core {
  /// Checks a password at once or in its turn; throws after too many wrong ones.
  mutating func checkPassword(
    _ id: SessionID, _ secret: Secret, hash: String, for target: PasswordAttempt.Target, then pending: Pending
  ) throws(Refusal) {
    let attempt = PasswordAttempt(network: sessions[id].network, target: target)
    guard passwordChecks.allows(attempt, settings, at: steady) else {
      throw passwordChecks.refusal(of: attempt, settings, at: steady)
    }
    sessions[id].wait(for: pending)
    let check = PasswordChecks.Check(session: id, secret: secret, hash: hash, attempt: attempt)
    if !beginOrWait(check) { effects.append(.hold(id)) }
  }

  /// False if the check waits.
  @discardableResult
  private mutating func beginOrWait(_ check: PasswordChecks.Check) -> Bool {
    guard passwordChecks.allowsNow(check.attempt, settings, at: steady) else {
      passwordChecks.wait(check)
      return false
    }
    passwordChecks.begin(check.session, check.attempt)
    // For an account without a password, the check uses the decoy, takes as long and fails.
    startHeld(.verifyPassword(check.secret, hash: check.hash == "*" ? decoyHash : check.hash), for: check.session)
    return true
  }

  /// Ends a check (`matches` is nil if there is no result) and begins those that waited for it.
  mutating func endCheck(_ id: SessionID, matches: Bool?) {
    guard let ended = passwordChecks.end(id) else { return }
    if matches == false, settings.failedLoginsPerMinute > 0 { passwordChecks.countFailure(ended, at: steady) }
    for check in passwordChecks.removeWaiting(from: ended.network) where sessions.contains(check.session) {
      if passwordChecks.allows(check.attempt, settings, at: steady) {
        beginOrWait(check)
      } else {
        cancel(check.session, passwordChecks.refusal(of: check.attempt, settings, at: steady))
      }
    }
  }
}

/// Passwords that were typed into the files by hand: they are hashed one after the other, after those of waiting users.
struct PlainPasswords: Sendable {
  private var queue: [StoredSecret] = []
  private var isHashing = false

  mutating func add(_ secret: StoredSecret) { queue.append(secret) }
  mutating func reverse() { queue.reverse() }

  /// The next to be hashed; nil while another is.
  mutating func next() -> StoredSecret? {
    guard !isHashing, let secret = queue.popLast() else { return nil }
    isHashing = true
    return secret
  }

  mutating func end() { isHashing = false }
}

extension Core {
  mutating func queuePlainPassword(_ owner: StoredSecret.Owner, _ password: String?) {
    guard let secret = password?.plainSecret else { return }
    plainPasswords.add(StoredSecret(owner: owner, secret: secret))
  }

  mutating func hashNextPlainPassword() {
    guard recordingError == nil, let stored = plainPasswords.next() else { return }
    effects.append(.hashStoredPassword(stored))
  }

  mutating func storedPasswordHashed(_ stored: StoredSecret, _ hash: String?) {
    plainPasswords.end()
    guard recordingError == nil else {
      plainPasswords.add(stored)
      return
    }
    defer { hashNextPlainPassword() }
    guard let hash else { return }
    switch stored.owner {
    case .account(let name):
      guard let account = accounts[name], account.password.plainSecret == stored.secret else { return }
      setPassword(hash, of: account)
      log("password-hashed", ["user": name.text])
    case .room(let name):
      guard let slot = rooms.slot(of: name), rooms[slot].password?.plainSecret == stored.secret else { return }
      changeRoom(slot) { $0[slot].password = hash }
      log("password-hashed", ["room": name.text])
    }
  }
}

extension String {
  /// The secret of a password typed by hand as `plain:SECRET`; nil for any other.
  var plainSecret: Secret? { hasPrefix("plain:") ? Secret(String(dropFirst(6))) : nil }
}
