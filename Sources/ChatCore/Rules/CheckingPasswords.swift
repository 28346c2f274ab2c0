import ChatProtocol

// Wrong passwords slow the network they come from, and half as many of them the pair of network and account, never an account for
// everybody. A guess counts from the moment it is made: no more are checked at a time than may still be wrong, and the rest wait,
// so that neither many connections at once help who guesses, nor a whole office that logs in at nine is turned away.
extension Core {
  /// Has a password checked, at once or when its turn comes; or refuses, where too many were wrong. `subject` is what the
  /// password is to open.
  mutating func checkPassword(
    _ id: SessionID, _ secret: Secret, hash: String, of subject: Guess.Subject, for command: String,
    then pending: Pending
  ) {
    let guess = Guess(network: sessions[id].network, subject: subject)
    guard mayGuess(guess) else {
      refuseGuess(id, guess, command)
      return
    }
    sessions[id].pending = pending
    let check = PasswordChecks.Check(session: id, secret: secret, hash: hash, guess: guess)
    if isCheckable(guess) {
      begin(check)
    } else {
      passwordChecks.wait(check)
      effects.append(.hold(id))
    }
  }

  /// Notes an answer, or that there is none (`matches` nil), and lets those who waited for it have their turn.
  mutating func noteChecked(_ id: SessionID, matches: Bool?) {
    guard let ended = passwordChecks.end(id) else { return }
    if matches == false, settings.failedLoginsPerMinute > 0 {
      failedLogins.note(ended.network, at: steady)
      failedGuesses.note(ended, at: steady)
    }
    for check in passwordChecks.takeWaiting(from: ended.network) {
      guard sessions.contains(check.session), let pending = sessions[check.session].pending else { continue }
      if !mayGuess(check.guess) {
        sessions[check.session].pending = nil
        refuseGuess(check.session, check.guess, pending.word)
        effects.append(.release(check.session))
      } else if isCheckable(check.guess) {
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

  private func mayGuess(_ guess: Guess) -> Bool {
    failedLogins.allows(guess.network, bound: settings.failedLoginsPerMinute, at: steady) && mayGuessAtSubject(guess)
  }

  private func mayGuessAtSubject(_ guess: Guess) -> Bool {
    failedGuesses.allows(guess, bound: settings.failedGuessesPerMinute, at: steady)
  }

  /// Whether the guess may be made now, besides those that are being checked.
  private func isCheckable(_ guess: Guess) -> Bool {
    failedLogins.allows(
      guess.network, bound: settings.failedLoginsPerMinute, besides: passwordChecks.count(from: guess.network),
      at: steady)
      && failedGuesses.allows(
        guess, bound: settings.failedGuessesPerMinute, besides: passwordChecks.count(of: guess), at: steady)
  }

  private mutating func refuseGuess(_ id: SessionID, _ guess: Guess, _ command: String) {
    let (what, seconds_left) =
      if mayGuessAtSubject(guess) {
        ("", failedLogins.secondsToWait(guess.network, at: steady))
      } else {
        (
          command == "join" ? " for that room" : " for that account",
          failedGuesses.secondsToWait(guess, at: steady)
        )
      }
    refuse(
      id, command, .tooManyAttempts,
      "Too many wrong passwords\(what) came from your address; try again in \(seconds_left) seconds.")
  }
}

extension Settings {
  /// How many wrong passwords for one account or room a network may give: half of those for all together, so that the other half
  /// is left to those who share it.
  var failedGuessesPerMinute: Int { (failedLoginsPerMinute + 1) / 2 }
}
