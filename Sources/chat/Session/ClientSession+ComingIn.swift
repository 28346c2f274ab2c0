import ChatProtocol

// Coming in: a name, then a password or the decision to do without one.
extension ClientSession {
  /// With what is known; asks for what is not.
  mutating func comeIn() {
    guard let loginName else { return ask(.name, "Name: ") }
    if let password = unusedPassword {
      unusedPassword = nil
      guard password.isSendable, !password.exposed.unicodeScalars.contains("\u{FFFD}") else {
        return refuseComingIn(
          "CHAT_PASSWORD holds a space, a control character or what is not UTF-8, which no password does",
          choices: [.tryAgain] + choicesWithoutPassword)
      }
      phase = .comingIn
      return send("/login \(loginName.text) \(password.exposed)", expecting: .comingIn)
    }
    if settings.isInteractive { return ask(for: .logIn(loginName)) }
    guard case .name(let name) = loginName else {
      return fail(.notLetIn, "whoever comes in by e-mail needs a password: put it into CHAT_PASSWORD")
    }
    comeInAsGuest(name)
  }

  mutating func takeName(_ line: String) {
    if line.hasPrefix("/") { return takeCommand(line) { $0.ask(.name, "Name: ") } }
    guard let name = LoginName(typed: line) else {
      complain("A name is \(Name.rule); an account also comes in by its e-mail address.")
      return ask(.name, "Name: ")
    }
    loginName = name
    comeIn()
  }

  mutating func takeChoice(_ line: String, among choices: [Choice]) {
    if line.hasPrefix("/") { return takeCommand(line) { $0.offer(choices) } }
    guard let choice = Choice.meant(by: line, among: choices) else { return offer(choices) }
    switch choice {
    case .tryAgain: comeIn()
    case .register: if case .name(let name)? = loginName { ask(for: .register(name)) }
    case .guest: if case .name(let name)? = loginName { comeInAsGuest(name) }
    case .anotherName: ask(.name, "Name: ")
    case .quit: exit(.ok)
    }
  }

  /// The commands that come in are as good as answers.
  private mutating func takeCommand(_ line: String, orElse askAgain: (inout ClientSession) -> Void) {
    let words = line.lowercased().split(separator: " ")
    switch understood(line) {
    case .quit: return exit(.ok)
    case .login(let name, _): loginName = name
    case .register(let name, _, _), .guest(let name): loginName = .name(name)
    default:
      // Passwords that are left out are asked for.
      let name = words.count == 2 ? LoginName(typed: line.split(separator: " ")[1].description) : loginName
      switch (words.first, name) {
      case ("/login", let name?) where words.count <= 2:
        loginName = name
        return ask(for: .logIn(name))
      case ("/register", .name(let name)?) where words.count <= 2:
        loginName = .name(name)
        return ask(for: .register(name))
      default:
        complain("Come in first: /login NAME, /register NAME or /guest NAME; /quit leaves.")
        return askAgain(&self)
      }
    }
    phase = .comingIn
    send(line, expecting: .comingIn)
  }

  private mutating func comeInAsGuest(_ name: Name) {
    phase = .comingIn
    send("/guest \(name)", expecting: .comingIn)
  }

  mutating func answerComingIn(_ received: ReceivedEvent, _ result: Result<Reply, Refusal>) {
    switch result {
    case .success(let reply):
      if settings.isInteractive { show(received) }
      enterRoom(after: reply)
    case .failure(let refusal):
      refuseComingIn(
        settings.isInteractive ? refusal.message : adviceForScript(refusal), choices: choices(after: refusal))
    }
  }

  /// What the server advises is to be typed; a script is set up otherwise.
  func adviceForScript(_ refusal: Refusal) -> String {
    switch refusal.code {
    case .wrongPassword:
      "CHAT_PASSWORD is wrong, or there is no such account; whoever runs chat in a terminal can register one"
    case .nameTaken:
      "the name is taken; give another with --name, or if it is your account, its password in CHAT_PASSWORD"
    case .guestsOff: "guests are not let in; put the password of an account into CHAT_PASSWORD"
    default: refusal.message
    }
  }

  private mutating func refuseComingIn(_ sentence: String, choices: [Choice]) {
    guard settings.isInteractive else {
      return fail(.notLetIn, "not let in as \(loginName?.text ?? "nobody"): \(sentence)")
    }
    complain(sentence)
    offer(choices)
  }

  // MARK: Questions

  /// An e-mail address is an account's or nobody's: there is no registering it and no guest of that name.
  var choicesWithoutPassword: [Choice] {
    if case .name? = loginName { [.guest, .register, .anotherName, .quit] } else { [.anotherName, .quit] }
  }

  /// Where the name itself is kept out, neither a guest nor an account comes in under it.
  func choices(after refusal: Refusal) -> [Choice] {
    switch refusal.code {
    case .banned, .accountDisabled: [.tryAgain, .anotherName, .quit]
    default: [.tryAgain] + choicesWithoutPassword
    }
  }

  mutating func offer(_ choices: [Choice]) {
    ask(.choice(choices), Choice.question(among: choices, for: loginName?.text ?? ""))
  }

  private mutating func ask(_ question: Question, _ prompt: String) {
    phase = .asking(question)
    outputs.append(.ask(prompt))
  }
}

extension LoginName {
  init?(typed text: String) {
    let trimmed = String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    if let name = Name(trimmed) {
      self = .name(name)
    } else if let email = EmailAddress(trimmed) {
      self = .email(email)
    } else {
      return nil
    }
  }

  var text: String {
    switch self {
    case .name(let name): name.text
    case .email(let email): email.text
    }
  }
}
