import ChatProtocol

/// Work that a session waits for, with the data for its completion.
enum Pending: Sendable {
  /// A password is checked. `account` is nil if none has that name or address: the check then fails after the same
  /// work.
  case login(account: Name?, token: Secret)
  case oldPassword(Caller, new: Secret)
  case join(Caller, Name)
  /// A password is hashed.
  case register(Name, EmailAddress?, token: Secret)
  case newPassword(Caller)
  case create(Caller, Name, shown: Secret?)
  case lock(Caller, Name, shown: Secret?)
  /// The log is read, for the command of this name.
  case history(Caller, Name, HistoryAsked, command: String)
  case conversation(Caller, with: Name, HistoryAsked, command: String)
  /// The disk is checked, or an earlier upload must end; then the session gets its ticket.
  case offer(Caller, MessageID, ticket: Secret)
  case get(Caller, MessageID, offset: UInt64, ticket: Secret)
  case take(Ticket)

  /// The command that waits.
  var command: String {
    switch self {
    case .login: "login"
    case .register: "register"
    case .oldPassword, .newPassword: "passwd"
    case .join: "join"
    case .create: "create"
    case .lock: "lock"
    case .history(_, _, _, let command), .conversation(_, _, _, let command): command
    case .offer: "offer"
    case .get: "get"
    case .take: "take"
    }
  }

  /// Whether the command changes the files, so that it fails while nothing can be recorded.
  fileprivate var records: Bool {
    switch self {
    case .login, .oldPassword, .join, .register, .newPassword, .create, .lock: true
    case .history, .conversation, .offer, .get, .take: false
    }
  }
}

// A session waits from `start` or `hold` until `complete` or `cancel`; nothing else starts or ends the wait. By then
// the session, or the object of the command, may be gone.
extension Core {
  /// Starts work for a session.
  mutating func start(_ work: Work, for id: SessionID, then pending: Pending) {
    sessions[id].wait(for: pending)
    effects.append(.start(id, work))
  }

  /// Makes a session wait for work that starts later, with `startHeld`.
  mutating func hold(_ id: SessionID, then pending: Pending) {
    sessions[id].wait(for: pending)
    effects.append(.hold(id))
  }

  mutating func startHeld(_ work: Work, for id: SessionID) {
    precondition(sessions[id].pending != nil, "this session waits for nothing")
    effects.append(.start(id, work))
  }

  /// Rejects the command of a held session.
  mutating func cancel(_ id: SessionID, _ refusal: Refusal) {
    guard let pending = sessions[id].takePending() else { return }
    refuse(id, pending.command, refusal)
    effects.append(.release(id))
  }

  /// Handles the result of the work that `start` began.
  mutating func complete(_ id: SessionID, _ result: WorkResult) {
    switch result {
    case .passwordVerified(let matches): endCheck(id, matches: matches)
    case .refused: endCheck(id, matches: nil)
    case .passwordHashed, .historyRead, .fileChecked: break
    }
    guard sessions.contains(id), let pending = sessions[id].takePending() else { return }
    do throws(Refusal) {
      try complete(pending, of: id, result)
    } catch {
      refuse(id, pending.command, error)
      if case .take = pending { closeTransfer(id) }
    }
  }

  private mutating func complete(_ pending: Pending, of id: SessionID, _ result: WorkResult) throws(Refusal) {
    if case .refused = result {
      abandonOffer(pending, of: id)
      throw Refusal(.busy, "The server is busy; try again in a few seconds.")
    }
    if pending.records, let recordingError { throw .cannotRecord(recordingError) }
    switch (result, pending) {
    case (.passwordVerified(let matches), .login(let account, let token)):
      try finishLogin(id, account, matches: matches, token)
    case (.passwordVerified(let matches), .oldPassword(let caller, let new)):
      try checkedOldPassword(caller, matches: matches, new: new)
    case (.passwordVerified(let matches), .join(let caller, let room)):
      try checkedRoomPassword(caller, room, matches: matches)
    case (.passwordHashed(nil), _):
      throw Refusal(
        .badPassword,
        "The system could not hash that password; try another, and report it to the operator.")
    case (.passwordHashed(let hash?), .register(let name, let email, let token)):
      try finishRegistration(id, name, email, hash, token)
    case (.passwordHashed(let hash?), .newPassword(let caller)): try finishPasswordChange(caller, hash)
    case (.passwordHashed(let hash?), .create(let caller, let name, let shown)):
      try finishCreation(caller, name, password: hash, shown: shown)
    case (.passwordHashed(let hash?), .lock(let caller, let room, let shown)):
      try finishLock(caller, room, hash, shown: shown)
    case (.historyRead(let result), .history(let caller, let room, let asked, let command)):
      try finishHistory(caller, room, asked, command, result)
    case (.historyRead(let result), .conversation(let caller, let other, let asked, let command)):
      try finishConversation(caller, other, asked, command, result)
    case (.fileChecked(let result), .offer(let caller, let file, let ticket)):
      try finishOffer(caller, file, ticket, result)
    case (.fileChecked(let result), .get(let caller, let file, let offset, let ticket)):
      try finishGet(caller, file, offset: offset, ticket, result)
    case (.fileChecked(let result), .take(let ticket)): try finishTake(id, ticket, result)
    case (.passwordVerified, _), (.passwordHashed, _), (.historyRead, _), (.fileChecked, _), (.refused, _):
      preconditionFailure("\(pending.command) waits for other work")
    }
  }
}
