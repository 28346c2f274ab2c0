import ChatProtocol

// Requests about users and their accounts.
extension Core {
  /// An account, or a guest who is online.
  func controlUser(_ name: Name) -> ControlUser? {
    let user = users[name]
    if let account = accounts[name] {
      let offlineUser = offline[account.name]
      let offlineRooms = offlineUser?.rooms.filter { rooms.isAbsentMember(account.name, of: $0) } ?? []
      return ControlUser(
        name: account.name, isGuest: false, isOperator: account.role == .operator,
        isDisabled: account.status == .disabled,
        email: account.email, created: account.created, lastSeen: offlineUser?.lastSeen,
        sessions: user?.sessions.count ?? 0, rooms: user?.rooms.map { rooms[$0].name } ?? offlineRooms,
        away: user.map { $0.away } ?? offlineUser?.away, unread: offline.unread(of: account.name).count,
        ban: restrictions.ban(of: account.name, at: steady), mute: restrictions.mute(of: account.name, at: steady))
    }
    guard let user, user.isGuest else { return nil }
    return ControlUser(
      name: user.name, isGuest: true, isOperator: false, isDisabled: false, email: nil, created: nil, lastSeen: nil,
      sessions: user.sessions.count, rooms: user.rooms.map { rooms[$0].name }, away: user.away, unread: 0,
      mute: restrictions.mute(of: name, at: steady))
  }

  mutating func adminUserInfo(_ call: AdminCall, _ name: Name) throws(ControlError) {
    guard var user = controlUser(name) else {
      throw noSuchUser(name)
    }
    // Rights belong to accounts, not to a guest with the same name.
    user.roomRoles = user.isGuest ? ControlRoomRoles() : moderatedRooms(of: name)
    if !user.isGuest {
      user.files = fileUse(of: name)
      let unread = users[name].map { unreadRooms(of: $0) } ?? offline[name].map { unreadRooms(of: $0) } ?? []
      if !unread.isEmpty { user.unreadRooms = unread }
    }
    answer(call, .user(user))
  }

  // MARK: Adding

  mutating func adminAddUser(_ call: AdminCall, _ user: ControlNewUser) throws(ControlError) {
    try requireRecording()
    try requireMayAdd(user)
    hashPassword(call, user.password) { .addUser(call, user, shown: $0) }
  }

  private func requireMayAdd(_ user: ControlNewUser) throws(ControlError) {
    if let account = accounts[user.name] {
      throw ControlError(
        .userTaken, "there is an account \(account.name) already; 'chat-admin users set' and 'users passwd' change it")
    }
    if isReserved(user.name) {
      throw ControlError(
        .userTaken,
        "rooms or messages are kept for an account \(user.name) whose row is gone; put it back into users.csv, or "
          + "free the name with 'chat-admin users delete \(user.name)'")
    }
    if let email = user.email { try requireFree(email, for: user.name) }
  }

  /// Throws if another account has the address.
  private func requireFree(_ email: EmailAddress, for name: Name) throws(ControlError) {
    guard let other = accounts[email], other.name != name else { return }
    throw ControlError(
      .emailTaken,
      "\(email) belongs to \(other.name); give another, or remove it with: chat-admin users set \(other.name) --no-email"
    )
  }

  mutating func finishAddUser(_ call: AdminCall, _ user: ControlNewUser, _ hash: String, shown: Secret?)
    throws(ControlError)
  {
    // While the password was hashed, a client may have registered the name.
    try requireRecording()
    try requireMayAdd(user)
    let account = Account(
      name: user.name, password: hash, role: user.isOperator ? .operator : .user, email: user.email,
      created: creationTime(of: user.name))
    logAction(call, ["user": user.name.text, "role": account.role.rawValue])
    closeAll(
      of: user.name, reason: "closed by \(call.peer.user)", message: Core.accountReplacesGuest(user.name))
    removeState(of: user.name)
    accounts.set(account)
    record(.account(account, was: nil))
    answer(call, .userAdded(user.name, password: shown))
  }

  static func accountReplacesGuest(_ name: Name) -> String {
    "\(name) is an account now; log in with its password, or choose another name."
  }

  // MARK: Changing

  mutating func adminSetPassword(_ call: AdminCall, _ name: Name, _ password: Secret?) throws(ControlError) {
    try requireRecording()
    let account = try findAccount(name)
    hashPassword(call, password) { .setPassword(call, account.name, shown: $0) }
  }

  mutating func finishSetPassword(_ call: AdminCall, _ name: Name, _ hash: String, shown: Secret?) throws(ControlError)
  {
    try requireRecording()
    let account = try findAccount(name)
    logAction(call, ["user": account.name.text])
    invalidateLogins(to: name)
    setPassword(hash, of: account)
    answer(call, .userChanged(account.name, fields: ["password"], sessions: 0, password: shown))
  }

  mutating func adminSetUser(_ call: AdminCall, _ name: Name, _ change: ControlUserChange) throws(ControlError) {
    if case .address(let email) = change.email {
      try requireRecording()
      _ = try findAccount(name)
      try requireFree(email, for: name)
    }
    try adminChangeAccount(call, name) { account in
      switch change.email {
      case .address(let email): account.email = email
      case .removed: account.email = nil
      case nil: break
      }
      if let isOperator = change.isOperator { account.role = isOperator ? .operator : .user }
    }
  }

  mutating func adminChangeAccount(
    _ call: AdminCall, _ name: Name, reason: String? = nil, _ change: (inout Account) -> Void
  ) throws(ControlError) {
    try requireRecording()
    let was = try findAccount(name)
    var account = was
    change(&account)
    let fields = account.differences(from: was)
    let closed = account.status == .disabled ? users.sessions(of: name).count : 0
    let changed = ControlReply.userChanged(account.name, fields: fields, sessions: closed, password: nil)
    if answerDry(call, changed) { return }
    if !fields.isEmpty {
      logAction(
        call, ["user": account.name.text] + LogFields(fields.map { .init($0, account.text(of: $0)) }), text: reason)
      accounts.set(account)
      record(.account(account, was: was))
      if account.status == .disabled {
        let because = reason.map { ": \($0)" } ?? ""
        closeAll(
          of: account.name, reason: "disabled by \(call.peer.user)\(because)",
          message: "The account \(account.name) was disabled by \(call.peer.user)\(because)".asSentence)
      }
      enforceBans(on: account.name, by: call.peer.user)
    }
    answer(call, changed)
  }

  // MARK: Kicking and deleting

  mutating func adminKick(_ call: AdminCall, _ name: Name, _ reason: String?) throws(ControlError) {
    let user = try findOnlineUser(name)
    let kicked = ControlReply.userKicked(user.name, sessions: user.sessions.count)
    if answerDry(call, kicked) { return }
    logAction(call, ["user": user.name.text], text: reason)
    let because = reason.map { ": \($0)" } ?? ""
    send(.kicked(room: nil, by: call.peer.user, reason: reason ?? ""), to: user.sessions)
    // The event already has the reason.
    closeGradually(user.sessions, reason: "kicked by \(call.peer.user)\(because)", message: "")
    answer(call, kicked)
  }

  /// Also frees a name without an account that rooms or messages still reserve.
  mutating func adminDeleteUser(_ call: AdminCall, _ name: Name) throws(ControlError) {
    let account = accounts[name]
    try requireRecording()
    if account == nil, !isReserved(name) { _ = try findAccount(name) }
    let deleted = ControlDeletedUser(
      name: account?.name ?? name, hadAccount: account != nil,
      sessions: account == nil ? 0 : users.sessions(of: name).count,
      rooms: moderatedRooms(of: name), unread: offline.unread(of: name).count)
    if answerDry(call, .userDeleted(deleted)) { return }
    logAction(call, ["user": deleted.name.text])
    if let account {
      closeAll(
        of: name, reason: "removed by \(call.peer.user)",
        message: "The account \(account.name) was removed by \(call.peer.user).")
      invalidateLogins(to: name)
      accounts.remove(name)
      record(.accountRemoved(was: account))
    }
    removeOwnership(of: name)
    removeState(of: name)
    // Files that the account shared belong to their rooms, as its messages do.
    for file in files.unfinished(of: name) { removeFile(file) }
    answer(call, .userDeleted(deleted))
  }
}

extension Account {
  /// The log's text for a field that the operator changed.
  fileprivate func text(of field: String) -> String {
    switch field {
    case "role": role.rawValue
    case "status": status.rawValue
    case "email": email?.text ?? "-"
    default: preconditionFailure("the operator does not change \(field) this way")
    }
  }
}
