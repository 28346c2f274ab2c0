import ChatProtocol

// The world's answers to what a session waits for. The session may be gone by then, and so may what it asked about.
extension Core {
  private mutating func takePending(_ id: SessionID) -> Pending? {
    guard sessions.contains(id), let pending = sessions[id].pending else { return nil }
    sessions[id].pending = nil
    return pending
  }

  /// The same for what is to leave a trace in the files, which may have become impossible meanwhile.
  private mutating func takePendingRecord(_ id: SessionID) -> Pending? {
    guard let pending = takePending(id) else { return nil }
    guard let recordingError else { return pending }
    refuseToRecord(id, pending.word, recordingError)
    return nil
  }

  mutating func passwordVerified(_ id: SessionID, _ matches: Bool) {
    endCheck(id, matches: matches)
    guard let pending = takePendingRecord(id) else { return }
    switch pending {
    case .login(let account, let token): finishLogin(id, account, matches: matches, token)
    case .oldPassword(let new): oldPasswordVerified(id, matches: matches, new: new)
    case .join(let room): roomPasswordVerified(id, room, matches: matches)
    case .register, .newPassword, .create, .lock, .history, .offer, .get, .take:
      preconditionFailure("no password was to be verified")
    }
  }

  mutating func passwordHashed(_ id: SessionID, _ hash: String?) {
    guard let pending = takePendingRecord(id) else { return }
    guard let hash else {
      refuse(
        id, pending.word, .badPassword, "The system could not hash that password; try another, and tell the operator.")
      return
    }
    switch pending {
    case .register(let name, let email, let token): finishRegistration(id, name, email, hash, token)
    case .newPassword: finishPasswordChange(id, hash)
    case .create(let name, let shown): finishCreation(id, name, password: hash, shown: shown)
    case .lock(let room, let shown): finishLock(id, room, hash, shown: shown)
    case .login, .oldPassword, .join, .history, .offer, .get, .take:
      preconditionFailure("no password was to be hashed")
    }
  }

  mutating func passwordRefused(_ id: SessionID) {
    endCheck(id, matches: nil)
    guard let pending = takePending(id) else { return }
    refuse(id, pending.word, .busy, "Too many passwords wait to be checked; try again in a few seconds.")
  }

  mutating func historyRead(_ id: SessionID, _ result: HistoryResult) {
    guard let pending = takePending(id) else { return }
    guard case .history(let room, let command) = pending else { preconditionFailure("no history was to be read") }
    finishHistory(id, room, command, result)
  }
}

extension Pending {
  /// The command that waits.
  var word: String {
    switch self {
    case .login: "login"
    case .register: "register"
    case .oldPassword, .newPassword: "passwd"
    case .join: "join"
    case .create: "create"
    case .lock: "lock"
    case .history(_, let command): command
    case .offer: "offer"
    case .get: "get"
    case .take: "take"
    }
  }
}
