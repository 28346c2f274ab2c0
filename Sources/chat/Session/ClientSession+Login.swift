import ChatProtocol

// Logging in, joining the room of --room, and asking for passwords.
extension ClientSession {
  /// Logs in with the known name and password, and asks for what is missing.
  mutating func logIn() {
    guard let name = login.name else { return askName() }
    if let password = login.takePassword() {
      guard password.isSendable, !password.exposed.unicodeScalars.contains("\u{FFFD}") else {
        return refuseLogin(
          "CHAT_PASSWORD has a space, a control character or a byte that is not UTF-8: no password has these",
          choices: [.tryAgain] + login.choicesWithoutPassword)
      }
      return sendLogin("/login \(name.text) \(password.exposed)")
    }
    if settings.isInteractive { return ask(for: .logIn(name)) }
    guard case .name(let name) = name else {
      return fail(.loginRefused, "logging in by e-mail address needs a password: put it into CHAT_PASSWORD")
    }
    sendLogin("/guest \(name)")
  }

  private mutating func sendLogin(_ line: String) {
    state = .loggingIn
    send(line, expecting: .login)
  }

  mutating func answerLogin(_ received: ReceivedEvent, _ result: Result<Reply, Refusal>) {
    switch result {
    case .success(let reply):
      if settings.isInteractive { show(received) }
      joinWantedRoom(after: reply)
    case .failure(let refusal):
      refuseLogin(
        login.advice(after: refusal, isInteractive: settings.isInteractive), choices: login.choices(after: refusal))
    }
  }

  private mutating func refuseLogin(_ sentence: String, choices: [LoginChoice]) {
    guard settings.isInteractive else {
      return fail(.loginRefused, "cannot log in as \(login.name?.text ?? "a guest"): \(sentence)")
    }
    showError(sentence)
    offer(choices)
  }

  // MARK: Questions

  private mutating func ask(_ awaited: AwaitedInput, _ question: String) {
    state = .asking(awaited)
    output(.ask(question))
  }

  private mutating func askName() { ask(.name, "Name: ") }

  mutating func offer(_ choices: [LoginChoice]) {
    ask(.choice(choices), LoginChoice.question(among: choices, for: login.name?.text ?? ""))
  }

  /// The answer to `Name: `.
  mutating func answerName(_ line: String) {
    if line.hasPrefix("/") { return answerWithCommand(line) { $0.askName() } }
    guard let name = LoginName(typed: line) else {
      showError("A name is \(Name.rule). An account's e-mail address works too.")
      return askName()
    }
    login.name = name
    logIn()
  }

  mutating func answerChoice(_ line: String, among choices: [LoginChoice]) {
    if line.hasPrefix("/") { return answerWithCommand(line) { $0.offer(choices) } }
    guard let choice = LoginChoice.selected(by: line, among: choices) else { return offer(choices) }
    switch choice {
    case .tryAgain: logIn()
    case .register: if case .name(let name)? = login.name { ask(for: .register(name)) }
    case .guest: if case .name(let name)? = login.name { sendLogin("/guest \(name)") }
    case .anotherName: askName()
    case .quit: quitQuestion()
    }
  }

  /// The commands that log in, and `/quit`, answer any question.
  private mutating func answerWithCommand(_ line: String, orElse askAgain: (inout ClientSession) -> Void) {
    switch Command(parsing: line) {
    case .quit: return quitQuestion()
    case .login(let name, _): login.name = name
    case .register(let name, _, _), .guest(let name): login.name = .name(name)
    default:
      // A command without a password asks for it.
      let words = line.split(separator: " ").map(String.init)
      let name = words.count == 2 ? LoginName(typed: words[1]) : login.name
      switch (words[0].lowercased(), name) {
      case ("/login", let name?) where words.count <= 2:
        login.name = name
        return ask(for: .logIn(name))
      case ("/register", .name(let name)?) where words.count <= 2:
        login.name = .name(name)
        return ask(for: .register(name))
      default:
        showError("Log in first: /login NAME, /register NAME or /guest NAME. /quit leaves.")
        return askAgain(&self)
      }
    }
    sendLogin(line)
  }

  /// Quits at a question. Lines typed while the connection was lost are reported: they were not sent.
  mutating func quitQuestion() {
    guard !unsent.isEmpty, settings.isInteractive else { return exit(.ok) }
    fail(.loginRefused, "not sent: \(unsent.map(\.text).joined(separator: " / "))")
  }

  // MARK: Passwords

  /// Asks for the next password of the command, or sends it.
  mutating func ask(for prompt: PasswordPrompt) {
    if let question = prompt.question {
      login.prompt = prompt
      state = .asking(.password)
      return output(.askPassword(question))
    }
    login.prompt = nil
    switch prompt.reply {
    case .typed(var line):
      (line.command, line.room) = (Command(parsing: prompt.line), context.room)
      send(prompt.line, expecting: .typed(line))
      startChatting()
    case .join:
      state = .joining
      send(prompt.line, expecting: prompt.reply)
    default: sendLogin(prompt.line)
    }
  }

  /// The answer to a password question; nil if there was none.
  mutating func answerPassword(_ password: Secret?) {
    if login.isAnswerDiscarded {
      login.isAnswerDiscarded = false
      return showNotice("The password was not sent: the connection was lost.")
    }
    guard state == .asking(.password), var prompt = login.prompt else { return }
    guard let password, !password.exposed.isEmpty else {
      login.prompt = nil
      guard prompt.reply == .login else { return startChatting() }
      return password == nil ? quitQuestion() : offer(login.choicesWithoutPassword)
    }
    if let problem = prompt.answer(password) { showError(problem) }
    ask(for: prompt)
  }

  // MARK: Joining

  /// Joins the room of `--room` before any line of input is sent: a script's lines must not go to another room.
  private mutating func joinWantedRoom(after reply: Reply) {
    guard let wanted = settings.room, case .entered(_, _, let room, let rooms, _, _) = reply.result, wanted != room
    else { return startChatting() }
    state = .joining
    send(rooms.contains(wanted) ? "/switch \(wanted)" : "/join \(wanted)", expecting: .join(wanted))
  }

  mutating func answerJoin(_ room: Name, _ received: ReceivedEvent, _ result: Result<Reply, Refusal>) {
    switch result {
    case .success:
      if settings.isInteractive { show(received) }
      startChatting()
    case .failure(let refusal):
      if asksPassword(refusal) { return askPassword(of: room, after: refusal) }
      guard settings.isInteractive else {
        let why =
          isAboutPassword(refusal)
          ? "it is locked; instead of --room, make '/join \(room) PASSWORD' the first line" : refusal.message
        return fail(.loginRefused, "cannot join \(room): \(why)")
      }
      show(received)
      startChatting()
    }
  }

  /// Whether the user can be asked for the password that the room needs.
  func asksPassword(_ refusal: Refusal) -> Bool { settings.isInteractive && isAboutPassword(refusal) }

  private func isAboutPassword(_ refusal: Refusal) -> Bool {
    refusal.code == .roomLocked || refusal.code == .wrongPassword
  }

  mutating func askPassword(of room: Name, after refusal: Refusal) {
    // The question itself says that the room is locked, but not that a password was wrong.
    if refusal.code == .wrongPassword { showError(refusal.message) }
    ask(for: .join(room))
  }

  mutating func startChatting() {
    state = .chatting
    leaveIfDone()
  }
}
