import ChatProtocol

// What the operator asks about users, and what is done to their accounts.
extension Core {
  /// An account, or a guest that is here; nil for nobody.
  func controlUser(_ name: Name) -> ControlUser? {
    if let account = accounts[name] { return controlUser(account) }
    guard let guest = present[name].map({ people[$0] }), guest.isGuest else { return nil }
    return ControlUser(
      name: guest.name, isGuest: true, isOperator: false, isDisabled: false, email: nil, created: nil, lastSeen: nil,
      sessions: guest.sessions.count, rooms: guest.rooms.map { rooms[$0].name }, away: guest.away, unread: 0,
      mute: restrictions.mute(of: name, at: steady))
  }

  private func controlUser(_ account: Account) -> ControlUser {
    let offlineUser = offlineUsers[account.name]
    let person = present[account.name].map { people[$0] }
    return ControlUser(
      name: account.name, isGuest: false, isOperator: account.role == .operator,
      isDisabled: account.status == .disabled,
      email: account.email, created: account.created, lastSeen: offlineUser?.lastSeen,
      sessions: person?.sessions.count ?? 0, rooms: person?.rooms.map { rooms[$0].name } ?? offlineRooms(offlineUser),
      away: person.map { $0.away } ?? offlineUser?.away, unread: unread[account.name]?.count ?? 0,
      ban: restrictions.ban(of: account.name, at: steady), mute: restrictions.mute(of: account.name, at: steady))
  }

  private func offlineRooms(_ offlineUser: UserState?) -> [Name] {
    offlineUser?.rooms.filter { isAbsentMember(offlineUser!.name, of: $0) } ?? []
  }

  mutating func adminUserInfo(_ id: ControlID, _ name: Name) {
    guard var user = controlUser(name) else {
      failNoUser(id, name)
      return
    }
    // Rights belong to accounts, whatever a guest calls itself.
    user.steers = user.isGuest ? ControlModeratedRooms() : moderatedRoomNames(of: name)
    if !user.isGuest { user.files = fileUse(of: name) }
    answer(id, .user(user))
  }

  private mutating func failNoUser(_ id: ControlID, _ name: Name) {
    fail(
      id, .noSuchUser,
      isReserved(name)
        ? "there is no account \(name), but rooms or mail are kept for one: put its row back into users.csv, or "
          + "'chat-admin users delete \(name)' gives the name free"
        : "there is no user \(name); 'chat-admin users list' shows them")
  }

  /// The account of that name; else the refusal has been sent.
  mutating func findAccount(_ id: ControlID, _ name: Name) -> Account? {
    if let account = accounts[name] { return account }
    if let slot = present[name] {
      fail(
        id, .noSuchUser,
        "\(people[slot].name) is a guest and has no account; 'chat-admin users add \(name)' makes one, and closes the guest"
      )
    } else {
      failNoUser(id, name)
    }
    return nil
  }

  // MARK: - Adding

  mutating func adminAdd(_ id: ControlID, _ user: ControlNewUser, _ peer: ControlPeer, _ entropy: Entropy) {
    guard mayRecord(id), mayAdd(id, user) else { return }
    let shown = user.password == nil ? entropy.password : nil
    pendingControl[id] = .newUser(user, shown: shown, peer)
    effects.append(.hashControlPassword(id, user.password ?? shown!))
  }

  private mutating func mayAdd(_ id: ControlID, _ user: ControlNewUser) -> Bool {
    if let account = accounts[user.name] {
      fail(
        id, .userTaken,
        "there is an account \(account.name) already; 'chat-admin users set' and 'users passwd' change it")
      return false
    }
    if isReserved(user.name) {
      fail(
        id, .userTaken,
        "rooms or mail are kept for an account \(user.name) whose row is gone; put it back into users.csv, or "
          + "'chat-admin users delete \(user.name)' gives the name free")
      return false
    }
    return user.email.map { isFree(id, $0, for: user.name) } ?? true
  }

  /// Whether the address is nobody else's; else the refusal has been sent.
  private mutating func isFree(_ id: ControlID, _ email: EmailAddress, for name: Name) -> Bool {
    guard let other = accounts[email], other.name != name else { return true }
    fail(
      id, .emailTaken,
      "\(email) belongs to \(other.name); give another, or take it away with: chat-admin users set \(other.name) --no-email"
    )
    return false
  }

  mutating func finishAdminAdd(
    _ id: ControlID, _ user: ControlNewUser, _ hash: String, shown: Secret?, _ peer: ControlPeer
  ) {
    // Somebody may have registered while the password was hashed.
    guard mayAdd(id, user) else { return }
    let account = Account(
      name: user.name, password: hash, role: user.isOperator ? .operator : .user, email: user.email,
      created: creationTime(of: user.name))
    logAction("users add", peer, [.init("user", user.name.text), .init("role", account.role.rawValue)])
    closeAll(
      user.name, reason: "closed by \(peer.user)",
      message: "\(user.name) is an account now; log in with its password, or choose another name.")
    removeState(of: user.name)
    accounts.set(account)
    record(.account(account, was: nil))
    answer(id, .userAdded(user.name, password: shown))
  }

  // MARK: - Changing

  mutating func adminPassword(
    _ id: ControlID, _ name: Name, _ password: Secret?, _ peer: ControlPeer, _ entropy: Entropy
  ) {
    guard mayRecord(id), let account = findAccount(id, name) else { return }
    let shown = password == nil ? entropy.password : nil
    pendingControl[id] = .password(account.name, shown: shown, peer)
    effects.append(.hashControlPassword(id, password ?? shown!))
  }

  mutating func finishAdminPassword(
    _ id: ControlID, _ name: Name, _ hash: String, shown: Secret?, _ peer: ControlPeer
  ) {
    guard let account = findAccount(id, name) else { return }
    logAction("users passwd", peer, [.init("user", account.name.text)])
    invalidateLogins(to: name)
    setPassword(hash, of: account)
    answer(id, .userChanged(account.name, fields: ["password"], sessions: 0, password: shown))
  }

  mutating func adminSet(_ id: ControlID, _ name: Name, _ change: ControlUserChange, _ peer: ControlPeer) {
    guard mayRecord(id), var account = findAccount(id, name) else { return }
    switch change.email {
    case .address(let email):
      guard isFree(id, email, for: name) else { return }
      account.email = email
    case .removed: account.email = nil
    case nil: break
    }
    if let isOperator = change.isOperator { account.role = isOperator ? .operator : .user }
    adminChange(id, account, "users set", peer)
  }

  mutating func adminEnable(_ id: ControlID, _ name: Name, _ peer: ControlPeer) {
    guard mayRecord(id), var account = findAccount(id, name) else { return }
    account.status = .active
    adminChange(id, account, "users enable", peer)
  }

  mutating func adminDisable(
    _ id: ControlID, _ name: Name, _ reason: String?, _ peer: ControlPeer, isDry: Bool
  ) {
    guard mayRecord(id), var account = findAccount(id, name) else { return }
    account.status = .disabled
    adminChange(id, account, "users disable", peer, reason: reason, isDry: isDry)
  }

  /// Puts the account into the place of the one of its name, unless it says the same.
  private mutating func adminChange(
    _ id: ControlID, _ account: Account, _ action: String, _ peer: ControlPeer, reason: String? = nil,
    isDry: Bool = false
  ) {
    let was = accounts[account.name]!
    let fields = account.differences(from: was)
    let closed = account.status == .disabled ? present[account.name].map { people[$0].sessions.count } ?? 0 : 0
    let changed = ControlReply.userChanged(account.name, fields: fields, sessions: closed, password: nil)
    guard !isDry else {
      answer(id, .wouldBe(changed))
      return
    }
    if !fields.isEmpty {
      let said: [LogRecord.Field] = fields.map { .init($0, account.written($0)) }
      logAction(action, peer, [.init("user", account.name.text)] + said, text: reason)
      accounts.set(account)
      record(.account(account, was: was))
      if account.status == .disabled {
        let because = reason.map { ": \($0)" } ?? ""
        closeAll(
          account.name, reason: "disabled by \(peer.user)\(because)",
          message: "The account \(account.name) was disabled by \(peer.user)\(because)".asSentence)
      }
      enforceBans(on: account.name, by: peer.user)
    }
    answer(id, changed)
  }

  // MARK: - Deleting

  /// A name without an account, for which something is still kept, is given free the same way.
  mutating func adminDelete(user id: ControlID, _ name: Name, _ peer: ControlPeer, isDry: Bool) {
    let account = accounts[name]
    guard mayRecord(id), account != nil || isReserved(name) || findAccount(id, name) != nil else { return }
    let deleted = ControlDeletedUser(
      name: account?.name ?? name, hadAccount: account != nil,
      sessions: account == nil ? 0 : present[name].map { people[$0].sessions.count } ?? 0,
      rooms: moderatedRoomNames(of: name), unread: unread[name]?.count ?? 0)
    guard !isDry else {
      answer(id, .wouldBe(.userDeleted(deleted)))
      return
    }
    logAction("users delete", peer, [.init("user", deleted.name.text)])
    if let account {
      closeAll(
        name, reason: "removed by \(peer.user)", message: "The account \(account.name) was removed by \(peer.user).")
      invalidateLogins(to: name)
      accounts.remove(name)
      record(.accountRemoved(was: account))
    }
    removeOwnership(of: name)
    removeState(of: name)
    removeUnfinished(of: name)
    answer(id, .userDeleted(deleted))
  }
}

extension Account {
  /// What the log says of a column that the operator changed.
  fileprivate func written(_ field: String) -> String {
    switch field {
    case "role": role.rawValue
    case "status": status.rawValue
    case "email": email?.text ?? "-"
    default: preconditionFailure("the operator changes no \(field) this way")
    }
  }
}
