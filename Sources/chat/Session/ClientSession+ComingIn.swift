import ChatProtocol

// Coming in: a name, then a password or the decision to do without one.
extension ClientSession {
  /// With what is known; asks for what is not.
  mutating func comeIn() {
    guard let loginName else { return ask(.name, "Name: ") }
    if let password = unusedPassword {
      unusedPassword = nil
      guard password.isSendable else {
        return refuseComingIn("CHAT_PASSWORD holds a space or a control character, which no password does")
      }
      return logIn(password)
    }
    if settings.isInteractive { return askPassword() }
    guard case .name(let name) = loginName else {
      return fail(.notLetIn, "whoever comes in by e-mail needs a password: put it into CHAT_PASSWORD")
    }
    comeInAsGuest(name)
  }

  mutating func takeName(_ line: String) {
    guard let name = LoginName(typed: line) else {
      complain("A name is \(Name.rule); an account also comes in by its e-mail address.")
      return ask(.name, "Name: ")
    }
    loginName = name
    comeIn()
  }

  mutating func takeChoice(_ line: String, among choices: [Choice]) {
    guard let choice = Choice.meant(by: line, among: choices) else { return offer(choices) }
    switch choice {
    case .tryAgain: askPassword()
    case .register: askNewPassword()
    case .guest: if case .name(let name)? = loginName { comeInAsGuest(name) }
    case .anotherName: ask(.name, "Name: ")
    case .quit: exit(.ok)
    }
  }

  /// The answer to whatever was asked last.
  mutating func takeAnswer(_ secret: Secret?) {
    guard case .asking(let question) = phase else { preconditionFailure("a secret came that nobody asked for") }
    switch question {
    case .password: takePassword(secret)
    case .newPassword: takeNewPassword(secret)
    case .newPasswordAgain(let first): takeNewPassword(secret, again: first)
    case .roomPassword(let room): takeRoomPassword(secret, for: room)
    case .name, .choice: preconditionFailure("a secret came in place of a line")
    }
  }

  private mutating func takePassword(_ password: Secret?) {
    guard let password else { return exit(.ok) }
    if password.exposed.isEmpty { return offer(choicesWithoutPassword) }
    guard password.isSendable else {
      complain("A password holds no spaces and no control characters.")
      return askPassword()
    }
    logIn(password)
  }

  private mutating func takeNewPassword(_ password: Secret?) {
    guard let password, !password.exposed.isEmpty else { return offer(choicesWithoutPassword) }
    guard password.isSendable, password.exposed.utf8.count >= Secret.bytesMin else {
      complain("A password has at least \(Secret.bytesMin) characters, no spaces and no control characters.")
      return askNewPassword()
    }
    askSecret(.newPasswordAgain(password), "The same once more: ")
  }

  private mutating func takeNewPassword(_ password: Secret?, again first: Secret) {
    guard password == first, case .name(let name)? = loginName else {
      complain("The two were not the same.")
      return askNewPassword()
    }
    phase = .comingIn
    send("/register \(name) \(first.exposed)", expecting: .comingIn)
  }

  private mutating func logIn(_ password: Secret) {
    phase = .comingIn
    send("/login \(loginName?.text ?? "") \(password.exposed)", expecting: .comingIn)
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
      refuseComingIn(refusal.message)
    }
  }

  private mutating func refuseComingIn(_ sentence: String) {
    guard settings.isInteractive else {
      return fail(.notLetIn, "not let in as \(loginName?.text ?? "nobody"): \(sentence)")
    }
    complain(sentence)
    offer([.tryAgain] + choicesWithoutPassword)
  }

  // MARK: Questions

  /// An e-mail address is an account's or nobody's: there is no registering it and no guest of that name.
  private var choicesWithoutPassword: [Choice] {
    if case .name? = loginName { [.guest, .register, .anotherName, .quit] } else { [.anotherName, .quit] }
  }

  private mutating func offer(_ choices: [Choice]) {
    ask(.choice(choices), Choice.question(among: choices, for: loginName?.text ?? ""))
  }

  private mutating func askPassword() {
    askSecret(.password, "Password of \(loginName?.text ?? "") (none: just Enter): ")
  }

  private mutating func askNewPassword() {
    askSecret(.newPassword, "New password for \(loginName?.text ?? ""), at least \(Secret.bytesMin) characters: ")
  }

  private mutating func ask(_ question: Question, _ prompt: String) {
    phase = .asking(question)
    outputs.append(.ask(prompt))
  }

  mutating func askSecret(_ question: Question, _ prompt: String) {
    phase = .asking(question)
    outputs.append(.askSecret(prompt))
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

extension Secret {
  /// Whether it can stand in a line as one argument. Anything else would end up as another command.
  var isSendable: Bool {
    let bytes = exposed.utf8
    return !bytes.isEmpty && bytes.count <= Secret.bytesMax && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }
}
