import ChatProtocol

// Registration, login, logout, passwords.
extension Core {
  mutating func register(_ id: SessionID, _ name: Name, _ secret: Secret, _ email: EmailAddress?) throws(Refusal) {
    guard settings.registration else {
      throw Refusal(
        .registrationOff,
        settings.guests
          ? "Registration is off on this server; /guest NAME, or ask the operator for an account."
          : "Registration is off on this server; ask the operator for an account.")
    }
    // Counted before the reply mentions other accounts, so that attempts do not reveal which e-mail addresses are in
    // use.
    let network = sessions[id].network
    guard registrations.allows(network, limit: settings.registrationsPerMinute, at: steady) else {
      throw Refusal(
        .tooManyRegistrations,
        "Too many registrations from your address; "
          + "try again in \(registrations.retryAfterSeconds(network, at: steady)) seconds.")
    }
    if settings.registrationsPerMinute > 0 { registrations.count(network, at: steady) }
    try requireFree(name, email, for: sessions[id].user)
    start(.hashPassword(secret), for: id, then: .register(name, email, token: entropy.token()))
  }

  mutating func finishRegistration(
    _ id: SessionID, _ name: Name, _ email: EmailAddress?, _ hash: String, _ token: Secret
  ) throws(Refusal) {
    // Another client may have taken the name while the password was hashed.
    let guest = sessions[id].user
    try requireFree(name, email, for: guest)
    // Data of a row removed by hand, such as membership of locked rooms, does not belong to this user.
    removeState(of: name)
    endInvitations(of: name)
    let account = Account(name: name, password: hash, email: email, created: creationTime(of: name))
    accounts.set(account)
    record(.account(account, was: nil))
    logLogin("registered", id, name)
    if let guest {
      becomeAccount(Caller(session: id, user: guest), name, token)
    } else {
      logIn(id, as: name, isGuest: false, answering: "register", token: token)
    }
  }

  /// Throws unless a name and an address are free for an account or a guest; `user` is the guest who has another name now,
  /// or this one.
  func requireFree(_ name: Name, _ email: EmailAddress?, for user: UserSlot? = nil) throws(Refusal) {
    if accounts.contains(name) {
      throw Refusal(.nameTaken, "\(name) belongs to an account: /login \(name) PASSWORD, or choose another name.")
    }
    if let ban = restrictions.ban(of: name, at: steady) {
      throw Refusal(.banned, "\(name) is banned from this server\(ban.terms(at: now))")
    }
    if let user, let slot = users[user].rooms.first(where: { rooms[$0].banned.contains(name) }) {
      throw Refusal(.banned, "\(name) is banned from \(rooms[slot].name), where you are; choose another name.")
    }
    if users.slot(of: name) ?? user != user || isReserved(name) {
      throw Refusal(.nameTaken, "\(name) is taken; choose another name.")
    }
    if let email, accounts[email] != nil {
      throw Refusal(.emailTaken, "That e-mail address belongs to an account; log in with it, or give another.")
    }
  }

  mutating func login(_ id: SessionID, _ login: LoginName, _ secret: Secret) throws(Refusal) {
    let account =
      switch login {
      case .name(let name): accounts[name]
      case .email(let email): accounts[email]
      }
    // Without such an account, the check uses the decoy, takes as long and fails.
    try checkPassword(
      id, secret, hash: account?.password ?? decoyHash, for: .login(login),
      then: .login(account: account?.name, token: entropy.token()))
  }

  mutating func finishLogin(_ id: SessionID, _ name: Name?, matches: Bool, _ token: Secret) throws(Refusal) {
    guard matches, let name, let account = accounts[name] else {
      // Does not log unknown names, because users sometimes type their password instead of a name.
      let user: LogFields = name.map { ["user": $0.text] } ?? [:]
      log("login-failed", user + ["session": "\(id.number)", "address": sessions[id].address])
      throw Refusal(
        .wrongPassword, "The name or the password is wrong; try again, or /register NAME PASSWORD if you are new.")
    }
    if account.status == .disabled {
      logRefusal("login-refused", id, name, "disabled")
      throw Refusal(.accountDisabled, "The account \(name) is disabled; ask the operator.")
    }
    if let ban = restrictions.ban(of: name, at: steady) {
      logRefusal("login-refused", id, name, "banned")
      throw Refusal(.banned, "\(Core.userBanned)\(ban.terms(at: now))")
    }
    logLogin("login", id, account.name)
    logIn(id, as: account.name, isGuest: false, answering: "login", token: token)
  }

  mutating func loginAsGuest(_ id: SessionID, _ name: Name) throws(Refusal) {
    guard settings.guests else {
      throw Refusal(
        .guestsOff,
        settings.registration
          ? "Guests are not allowed on this server; /register NAME PASSWORD."
          : "Guests are not allowed on this server; ask the operator for an account.")
    }
    try requireFree(name, nil)
    logLogin("guest", id, name)
    logIn(id, as: name, isGuest: true, answering: "guest", token: nil)
  }

  private mutating func logLogin(_ event: String, _ id: SessionID, _ name: Name) {
    log(event, ["user": name.text, "session": "\(id.number)", "address": sessions[id].address])
  }

  private mutating func logRefusal(_ event: String, _ id: SessionID, _ name: Name, _ text: String? = nil) {
    log(event, ["user": name.text, "address": sessions[id].address], text: text)
  }

  mutating func logout(_ caller: Caller) {
    reply("logout", to: caller)
    logOut(caller.session, reason: "logged out")
    effects.append(.loggedOut(caller.session))
  }

  // MARK: Passwords

  mutating func changePassword(_ caller: Caller, old: Secret, new: Secret) throws(Refusal) {
    let user = users[caller.user]
    guard !user.isGuest, let account = accounts[user.name] else {
      throw Refusal(.accountOnly, "A guest has no password; /register to have an account.")
    }
    try checkPassword(
      caller.session, old, hash: account.password, for: .login(.name(account.name)),
      then: .oldPassword(caller, new: new))
  }

  mutating func checkedOldPassword(_ caller: Caller, matches: Bool, new: Secret) throws(Refusal) {
    guard matches else {
      logRefusal("password-refused", caller.session, users[caller.user].name)
      throw Refusal(.wrongPassword, "The old password is wrong; nothing was changed.")
    }
    start(.hashPassword(new), for: caller.session, then: .newPassword(caller))
  }

  mutating func finishPasswordChange(_ caller: Caller, _ hash: String) throws(Refusal) {
    let name = users[caller.user].name
    guard let account = accounts[name] else {
      throw Refusal(.accountOnly, "Your account is gone; ask the operator.")
    }
    setPassword(hash, of: account)
    log("password-changed", ["user": name.text, "session": "\(caller.session.number)"])
    reply("passwd", to: caller)
  }

  mutating func setPassword(_ hash: String, of was: Account) {
    var account = was
    account.password = hash
    accounts.set(account)
    record(.account(account, was: was))
  }

  // MARK: Resuming

  /// Resumes an earlier session of the same account whose connection was lost.
  mutating func resume(_ caller: Caller, _ token: Secret) throws(Refusal) {
    guard !users[caller.user].isGuest else {
      throw Refusal(.accountOnly, "A guest has no session to resume; only accounts do.")
    }
    guard let old = sessions.byToken[token], old != caller.session, sessions[old].user == caller.user else {
      throw Refusal(
        .noSuchToken, "You have no session with that token any more, but you are logged in; /switch to your room.")
    }
    sessions[caller.session].current = sessions[old].current
    let name = users[caller.user].name
    log("resumed", ["user": name.text, "session": "\(caller.session.number)", "old": "\(old.number)"])
    close(old, reason: "resumed", message: "Another connection of yours resumed this session.")
    replyEntered(caller, "resume", unread: offline.unread(of: name).count)
    sendUnread(caller)
  }
}
