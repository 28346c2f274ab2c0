import ChatProtocol

// Registering, logging in and out, coming in as a guest.
extension Core {
  mutating func register(_ id: SessionID, _ name: Name, _ secret: Secret, _ email: EmailAddress?, _ entropy: Entropy) {
    guard settings.registration else {
      refuse(
        id, "register", .registrationOff,
        settings.guests
          ? "Nobody can register here; come in with /guest NAME, or ask the operator for an account."
          : "Nobody can register here; ask the operator for an account.")
      return
    }
    // Counted before anything is said of others: whose an address is is not to be found out by trying.
    let network = sessions[id].network
    guard registrations.allows(network, bound: settings.registrationsPerMinute, at: steady) else {
      refuse(
        id, "register", .tooManyRegistrations,
        "Too many registrations were tried from your address; "
          + "try again in \(registrations.retryAfterSeconds(network, at: steady)) seconds.")
      return
    }
    if settings.registrationsPerMinute > 0 { registrations.note(network, at: steady) }
    guard isFree(name, email, for: id, command: "register") else { return }
    sessions[id].pending = .register(name, email, token: entropy.token)
    effects.append(.hashPassword(id, secret))
  }

  mutating func finishRegistration(
    _ id: SessionID, _ name: Name, _ email: EmailAddress?, _ hash: String, _ token: Secret
  ) {
    // Somebody else may have had the same wish while this one's password was hashed.
    guard isFree(name, email, for: id, command: "register") else { return }
    // A row that was removed by hand leaves what was kept for it, in rooms that may be locked: that is not this one's.
    removeState(of: name)
    let account = Account(name: name, password: hash, email: email, created: creationTime(of: name))
    accounts.set(account)
    record(.account(account, was: nil))
    log(
      "registered",
      [.init("user", name.text), .init("session", "\(id.number)"), .init("address", sessions[id].address)])
    logIn(id, as: name, isGuest: false, answering: "register", token: token)
  }

  /// Whether a name and an address may become an account's or a guest's; else the refusal has been sent.
  private mutating func isFree(_ name: Name, _ email: EmailAddress?, for id: SessionID, command: String) -> Bool {
    if accounts.contains(name) {
      refuse(
        id, command, .nameTaken, "\(name) belongs to an account: /login \(name) PASSWORD, or choose another name.")
      return false
    }
    if let ban = restrictions.ban(of: name, at: steady) {
      refuse(id, command, .banned, "\(name) is banned from this server\(ban.terms(at: now))")
      return false
    }
    if present[name] != nil || isReserved(name) {
      refuse(id, command, .nameTaken, "\(name) is taken; choose another name.")
      return false
    }
    if let email, accounts[email] != nil {
      refuse(id, command, .emailTaken, "That e-mail address belongs to an account; log in with it, or give another.")
      return false
    }
    return true
  }

  mutating func login(_ id: SessionID, _ login: LoginName, _ secret: Secret, _ entropy: Entropy) {
    let account =
      switch login {
      case .name(let name): accounts[name]
      case .email(let email): accounts[email]
      }
    // Where there is no such account, the decoy takes just as long to say no.
    checkPassword(
      id, secret, hash: account?.password ?? decoyHash, of: .login(login), for: "login",
      then: .login(account: account?.name, token: entropy.token))
  }

  mutating func finishLogin(_ id: SessionID, _ name: Name?, matches: Bool, _ token: Secret) {
    guard matches, let name, let account = accounts[name] else {
      // Only a name that is one: people type their password in its place.
      let user = name.map { [LogRecord.Field("user", $0.text)] } ?? []
      log(
        "login-failed",
        user + [.init("session", "\(id.number)"), .init("address", sessions[id].address)])
      refuse(
        id, "login", .wrongPassword,
        "The name or the password is wrong; try again, or /register NAME PASSWORD if you are new.")
      return
    }
    guard account.status == .active else {
      log("login-refused", [.init("user", name.text), .init("address", sessions[id].address)], text: "disabled")
      refuse(id, "login", .accountDisabled, "The account \(name) is disabled; ask the operator.")
      return
    }
    if let ban = restrictions.ban(of: name, at: steady) {
      log("login-refused", [.init("user", name.text), .init("address", sessions[id].address)], text: "banned")
      refuse(id, "login", .banned, "\(Core.bannedHere)\(ban.terms(at: now))")
      return
    }
    log(
      "login",
      [.init("user", account.name.text), .init("session", "\(id.number)"), .init("address", sessions[id].address)])
    logIn(id, as: account.name, isGuest: false, answering: "login", token: token)
  }

  mutating func loginAsGuest(_ id: SessionID, _ name: Name) {
    guard settings.guests else {
      refuse(
        id, "guest", .guestsOff,
        settings.registration
          ? "Guests are not let in here; /register NAME PASSWORD."
          : "Guests are not let in here; ask the operator for an account.")
      return
    }
    guard isFree(name, nil, for: id, command: "guest") else { return }
    log(
      "guest", [.init("user", name.text), .init("session", "\(id.number)"), .init("address", sessions[id].address)])
    logIn(id, as: name, isGuest: true, answering: "guest", token: nil)
  }

  mutating func logout(_ id: SessionID) {
    reply("logout", to: id)
    logOut(id, reason: "logged out")
    effects.append(.loggedOut(id))
  }

  mutating func changePassword(_ id: SessionID, old: Secret, new: Secret) {
    let person = people[sessions[id].person!]
    guard !person.isGuest, let account = accounts[person.name] else {
      refuse(id, "passwd", .accountOnly, "A guest has no password; /logout and /register to have an account.")
      return
    }
    checkPassword(
      id, old, hash: account.password, of: .login(.name(account.name)), for: "passwd", then: .oldPassword(new: new))
  }

  mutating func oldPasswordVerified(_ id: SessionID, matches: Bool, new: Secret) {
    guard matches else {
      log(
        "password-refused",
        [.init("user", people[sessions[id].person!].name.text), .init("address", sessions[id].address)])
      refuse(id, "passwd", .wrongPassword, "The old password is wrong; nothing was changed.")
      return
    }
    sessions[id].pending = .newPassword
    effects.append(.hashPassword(id, new))
  }

  mutating func finishPasswordChange(_ id: SessionID, _ hash: String) {
    let name = people[sessions[id].person!].name
    guard let account = accounts[name] else {
      refuse(id, "passwd", .accountOnly, "Your account is gone; ask the operator.")
      return
    }
    setPassword(hash, of: account)
    log("password-changed", [.init("user", name.text), .init("session", "\(id.number)")])
    reply("passwd", to: id)
  }

  mutating func setPassword(_ hash: String, of was: Account) {
    var account = was
    account.password = hash
    accounts.set(account)
    record(.account(account, was: was))
  }

  /// Takes the place of an earlier session of the same account, whose connection is lost without the server's knowing.
  mutating func resume(_ id: SessionID, _ token: Secret) {
    guard sessions[id].resumeToken != nil else {
      refuse(id, "resume", .accountOnly, "A guest has no session to take over; that is for accounts.")
      return
    }
    guard let old = tokens[token], old != id, sessions[old].person == sessions[id].person,
      let slot = sessions[id].person
    else {
      refuse(
        id, "resume", .noSuchToken, "No session of yours has that token any more; you are in, /switch to your room.")
      return
    }
    sessions[id].current = sessions[old].current
    log(
      "resumed",
      [.init("user", people[slot].name.text), .init("session", "\(id.number)"), .init("old", "\(old.number)")])
    close(old, reason: "resumed", message: "This session was taken over by another connection of yours.")
    let person = people[slot]
    reply(
      "resume",
      .entered(
        user: person.name, isOperator: isOperator(person), room: rooms[sessions[id].current].name,
        rooms: person.rooms.map { rooms[$0].name }, resume: sessions[id].resumeToken,
        unread: unread[person.name]?.count ?? 0), to: id)
  }
}

extension Entropy {
  /// A token of 128 bits in hexadecimal.
  var token: Secret {
    precondition(bytes.count >= 16, "a token needs 16 random bytes")
    let digits = Array("0123456789abcdef")
    var text = ""
    for byte in bytes.prefix(16) {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return Secret(text)
  }

  /// A password of 80 bits that can be read out over a telephone: four groups of four, without the
  /// characters that are mistaken for one another (l, o, 0, 1).
  var password: Secret {
    precondition(bytes.count >= 32, "a password needs the second 16 of 32 random bytes")
    var groups: [String] = []
    for group in 0..<4 {
      groups.append(String(bytes[(16 + group * 4)..<(20 + group * 4)].map { Entropy.letters[Int($0 & 31)] }))
    }
    return Secret(groups.joined(separator: "-"))
  }

  /// 32 of them, so that five bits choose one evenly.
  private static let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
}
