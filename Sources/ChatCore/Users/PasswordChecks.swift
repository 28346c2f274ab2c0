import ChatProtocol

/// The passwords that are being checked, and those whose turn has not come because as many from their network, or from there for
/// the same account or room, are being checked as may still be wrong.
struct PasswordChecks: Sendable {
  struct Check: Sendable {
    var session: SessionID
    var secret: Secret
    var hash: String
    var guess: PasswordAttempt
  }

  /// Also where the session is gone by now.
  private var inProgress: [SessionID: PasswordAttempt] = [:]
  private var countByNetwork: [Network: Int] = [:]
  private var countByGuess: [PasswordAttempt: Int] = [:]
  private var waiting: [Network: [Check]] = [:]

  func count(from network: Network) -> Int { countByNetwork[network] ?? 0 }
  func count(of guess: PasswordAttempt) -> Int { countByGuess[guess] ?? 0 }

  mutating func begin(_ session: SessionID, _ guess: PasswordAttempt) {
    inProgress[session] = guess
    countByNetwork[guess.network, default: 0] += 1
    countByGuess[guess, default: 0] += 1
  }

  /// The answer has come: which guess it is about; nil where none was under way.
  mutating func end(_ session: SessionID) -> PasswordAttempt? {
    guard let guess = inProgress.removeValue(forKey: session) else { return nil }
    let fromNetwork = count(from: guess.network) - 1
    countByNetwork[guess.network] = fromNetwork == 0 ? nil : fromNetwork
    let ofGuess = count(of: guess) - 1
    countByGuess[guess] = ofGuess == 0 ? nil : ofGuess
    return guess
  }

  mutating func wait(_ check: Check) { waiting[check.guess.network, default: []].append(check) }

  /// Those from a network whose turn has not come, the first first; they are taken out.
  mutating func removeWaiting(from network: Network) -> [Check] { waiting.removeValue(forKey: network) ?? [] }
}

/// A password that somebody gave: from where, and for what. Wrong ones are counted for each such pair beside those for the network
/// alone, so that who guesses at one account does not shut out the others who share the address.
struct PasswordAttempt: Hashable, Sendable {
  var network: Network
  var subject: Subject

  enum Subject: Hashable, Sendable {
    /// As it was typed, whether there is such an account or not: else a refusal would tell.
    case login(LoginName)
    case room(Name)
  }
}

// Wrong passwords slow the network they come from, and half as many of them the pair of network and account, never an account for
// everybody. A guess counts from the moment it is made: no more are checked at a time than may still be wrong, and the rest wait,
// so that neither many connections at once help who guesses, nor a whole office that logs in at nine is turned away.
extension Core {
  /// Has a password checked, at once or when its turn comes; or refuses, where too many were wrong. `subject` is what the
  /// password is to open.
  mutating func checkPassword(
    _ id: SessionID, _ secret: Secret, hash: String, of subject: PasswordAttempt.Subject, for command: String,
    then pending: Pending
  ) {
    let guess = PasswordAttempt(network: sessions[id].network, subject: subject)
    guard mayAttempt(guess) else {
      refuseAttempt(id, guess, command)
      return
    }
    sessions[id].pending = pending
    let check = PasswordChecks.Check(session: id, secret: secret, hash: hash, guess: guess)
    if canCheckNow(guess) {
      begin(check)
    } else {
      passwordChecks.wait(check)
      effects.append(.hold(id))
    }
  }

  /// Notes an answer, or that there is none (`matches` nil), and lets those who waited for it have their turn.
  mutating func endCheck(_ id: SessionID, matches: Bool?) {
    guard let ended = passwordChecks.end(id) else { return }
    if matches == false, settings.failedLoginsPerMinute > 0 {
      failedLogins.note(ended.network, at: steady)
      failedAttempts.note(ended, at: steady)
    }
    for check in passwordChecks.removeWaiting(from: ended.network) {
      guard sessions.contains(check.session), let pending = sessions[check.session].pending else { continue }
      if !mayAttempt(check.guess) {
        sessions[check.session].pending = nil
        refuseAttempt(check.session, check.guess, pending.word)
        effects.append(.release(check.session))
      } else if canCheckNow(check.guess) {
        begin(check)
      } else {
        passwordChecks.wait(check)
      }
    }
  }

  private mutating func begin(_ check: PasswordChecks.Check) {
    passwordChecks.begin(check.session, check.guess)
    // Where nobody may log in, the decoy takes just as long to say no.
    effects.append(.verifyPassword(check.session, check.secret, hash: check.hash == "*" ? decoyHash : check.hash))
  }

  private func mayAttempt(_ guess: PasswordAttempt) -> Bool {
    failedLogins.allows(guess.network, bound: settings.failedLoginsPerMinute, at: steady) && mayAttemptTarget(guess)
  }

  private func mayAttemptTarget(_ guess: PasswordAttempt) -> Bool {
    failedAttempts.allows(guess, bound: settings.failedAttemptsPerTarget, at: steady)
  }

  /// Whether the guess may be made now, besides those that are being checked.
  private func canCheckNow(_ guess: PasswordAttempt) -> Bool {
    failedLogins.allows(
      guess.network, bound: settings.failedLoginsPerMinute, besides: passwordChecks.count(from: guess.network),
      at: steady)
      && failedAttempts.allows(
        guess, bound: settings.failedAttemptsPerTarget, besides: passwordChecks.count(of: guess), at: steady)
  }

  private mutating func refuseAttempt(_ id: SessionID, _ guess: PasswordAttempt, _ command: String) {
    let (what, secondsLeft) =
      if mayAttemptTarget(guess) {
        ("", failedLogins.retryAfterSeconds(guess.network, at: steady))
      } else {
        (
          command == "join" ? " for that room" : " for that account",
          failedAttempts.retryAfterSeconds(guess, at: steady)
        )
      }
    refuse(
      id, command, .tooManyAttempts,
      "Too many wrong passwords\(what) came from your address; try again in \(secondsLeft) seconds.")
  }
}

extension Settings {
  /// How many wrong passwords for one account or room a network may give: half of those for all together, so that the other half
  /// is left to those who share it.
  var failedAttemptsPerTarget: Int { (failedLoginsPerMinute + 1) / 2 }
}
