import ChatProtocol

// Wrong passwords slow the address they come from, never an account for everybody. A guess counts from the moment it is
// made: no more are checked at a time than may still be wrong, and the rest wait, so that neither many connections at
// once help who guesses, nor a whole office that logs in at nine is turned away.
extension Core {
  /// Has a password checked, at once or when its turn comes; or refuses, where too many were wrong.
  mutating func checkPassword(
    _ id: SessionID, _ secret: Secret, hash: String, for command: String, then pending: Pending
  ) {
    let address = sessions[id].address
    guard mayGuess(from: address) else {
      refuseGuess(id, command)
      return
    }
    sessions[id].pending = pending
    let check = PasswordChecks.Check(session: id, secret: secret, hash: hash)
    if hasGuessLeft(for: address) {
      begin(check, from: address)
    } else {
      passwordChecks.wait(check, from: address)
      effects.append(.hold(id))
    }
  }

  /// Notes an answer, or that there is none (`matches` nil), and lets those who waited for it have their turn.
  mutating func noteChecked(_ id: SessionID, matches: Bool?) {
    guard let address = passwordChecks.end(id) else { return }
    if matches == false { failedLogins.note(address, at: now) }
    for check in passwordChecks.takeWaiting(from: address) {
      guard sessions.contains(check.session), let pending = sessions[check.session].pending else { continue }
      if !mayGuess(from: address) {
        sessions[check.session].pending = nil
        refuseGuess(check.session, pending.word)
        effects.append(.release(check.session))
      } else if hasGuessLeft(for: address) {
        begin(check, from: address)
      } else {
        passwordChecks.wait(check, from: address)
      }
    }
  }

  private mutating func begin(_ check: PasswordChecks.Check, from address: String) {
    passwordChecks.begin(check.session, from: address)
    // Where nobody may log in, the decoy takes just as long to say no.
    effects.append(.verifyPassword(check.session, check.secret, hash: check.hash == "*" ? decoyHash : check.hash))
  }

  private func mayGuess(from address: String) -> Bool {
    failedLogins.allows(address, bound: settings.failedLoginsPerMinute, at: now)
  }

  private func hasGuessLeft(for address: String) -> Bool {
    failedLogins.allows(
      address, bound: settings.failedLoginsPerMinute, besides: passwordChecks.count(from: address), at: now)
  }

  private mutating func refuseGuess(_ id: SessionID, _ command: String) {
    refuse(
      id, command, .tooManyAttempts,
      "Too many wrong passwords came from your address; "
        + "try again in \(failedLogins.secondsToWait(sessions[id].address, at: now)) seconds.")
  }
}
