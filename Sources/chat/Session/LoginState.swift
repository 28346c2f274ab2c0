import ChatProtocol

/// How the user logged in, to log in the same way on a new connection.
enum Credentials: Equatable, Sendable {
  case account(LoginName, Secret)
  case guest(Name)
}

/// The user's name and passwords: to log in, and to do it again on a new connection.
struct LoginState {
  var name: LoginName?
  /// From CHAT_PASSWORD. Used once: a second attempt with the same password would fail too.
  private var password: Secret?
  /// Sent, and not accepted yet.
  private var tried: Credentials?
  private(set) var credentials: Credentials?
  /// The token of this session for `/resume`; a guest has none.
  private(set) var resumeToken: Secret?
  private(set) var isGuest = false
  /// An operator kicked the user from the server: the client does not reconnect.
  var isKicked = false
  /// The passwords of joined rooms.
  private(set) var roomPasswords: [Name: Secret] = [:]

  /// The open password question.
  var prompt: PasswordPrompt?
  /// The connection was lost during the question: the answer is still being typed, and is discarded.
  var isAnswerDiscarded = false

  init(name: LoginName?, password: Secret?) { (self.name, self.password) = (name, password) }

  mutating func takePassword() -> Secret? { password.take() }

  mutating func forgetCredentials() { credentials = nil }

  /// Records the credentials in a line that is sent.
  mutating func noteSent(_ command: Command?) {
    switch command {
    case .login(let name, let password): tried = .account(name, password)
    case .register(let name, let password, _): tried = .account(.name(name), password)
    case .guest(let name): tried = .guest(name)
    case .join(let room, let password?), .create(let room, .password(let password)): roomPasswords[room] = password
    default: break
    }
  }

  /// Records what a reply says about credentials. `command` is the typed command that it answers.
  mutating func noteReply(_ reply: Reply, to command: Command?) {
    switch reply.result {
    case .entered(_, _, _, _, let token, _):
      isGuest = reply.command == "guest"
      if reply.command != "resume" { credentials = tried }
      if let token { resumeToken = token }
    case .room(let room, let password?): roomPasswords[room] = password
    case .user(let name) where reply.command == "nick": credentials = .guest(name)
    case .done where reply.command == "logout": credentials = nil
    case .done where reply.command == "passwd":
      if case .changePassword(_, let new)? = command, case .account(let name, _)? = credentials {
        credentials = .account(name, new)
      }
    default: break
    }
  }

  /// Only a name can be registered or be a guest's: an e-mail address belongs to an account.
  var choicesWithoutPassword: [LoginChoice] {
    if case .name? = name { [.guest, .register, .anotherName, .quit] } else { [.anotherName, .quit] }
  }

  /// A banned name can be neither a guest's nor an account's.
  func choices(after refusal: Refusal) -> [LoginChoice] {
    switch refusal.code {
    case .banned, .accountDisabled: [.tryAgain, .anotherName, .quit]
    default: [.tryAgain] + choicesWithoutPassword
    }
  }

  /// What to do about a refused login. The server's words are for a user who types; a script has options and the environment.
  func advice(after refusal: Refusal, isInteractive: Bool) -> String {
    if isInteractive { return refusal.message }
    return switch refusal.code {
    case .wrongPassword:
      "CHAT_PASSWORD is wrong, or there is no such account; to register one, run chat in a terminal"
    case .nameTaken:
      "the name is taken; choose another with --name, or put your account's password into CHAT_PASSWORD"
    case .guestsOff: "the server accepts no guests; put an account's password into CHAT_PASSWORD"
    default: refusal.message
    }
  }
}

/// What the user may do when a login without a password, or with a wrong one, failed.
enum LoginChoice: Equatable, Sendable {
  case tryAgain
  case register
  case guest
  case anotherName
  case quit

  /// The letter that selects it, the words of the question (with the letter in brackets), and the words that select it too.
  private func spelling(for name: String) -> (letter: Character, question: String, answers: [String]) {
    switch self {
    case .tryAgain: ("t", "(t)ry again", ["try again", "try"])
    case .register: ("r", "(r)egister \(name)", ["register"])
    case .guest: ("g", "log in as a (g)uest", ["guest", "log in as a guest"])
    case .anotherName: ("n", "another (n)ame", ["name", "another name"])
    case .quit: ("q", "(q)uit", ["quit"])
    }
  }

  /// The choice that an answer selects by its exact letter or words; the first of `choices` for an empty answer.
  static func selected(by answer: String, among choices: [LoginChoice]) -> LoginChoice? {
    let answer = answer.lowercased().split(separator: " ").joined(separator: " ")
    guard !answer.isEmpty else { return choices.first }
    return choices.first { choice in
      let spelling = choice.spelling(for: "")
      return String(spelling.letter) == answer || spelling.answers.contains(answer)
    }
  }

  /// `(r)egister alice, log in as a (g)uest or (q)uit? [r] `
  static func question(among choices: [LoginChoice], for name: String) -> String {
    let spellings = choices.map { $0.spelling(for: name) }
    let words = spellings.map(\.question)
    return "\(words.dropLast().joined(separator: ", ")) or \(words.last ?? "")? [\(spellings.first?.letter ?? "q")] "
  }
}

/// A command whose passwords are asked for, without being shown, before it is sent.
struct PasswordPrompt: Equatable, Sendable {
  private enum Step: Equatable {
    /// An existing password. The server checks it.
    case existing(question: String)
    /// A new password, which must follow the rule.
    case new(question: String)
    /// The new password again; `question` asked for it first.
    case repeated(question: String)
  }

  /// What the reply to the command is about. `typed` has the line without the passwords.
  let reply: PendingReply
  /// The command without its passwords: `/login alice`.
  private let command: String
  private var steps: [Step]
  private var passwords: [Secret] = []

  private init(_ command: String, _ reply: PendingReply, _ steps: [Step]) {
    (self.command, self.reply, self.steps) = (command, reply, steps)
  }

  /// The next question; nil once all are answered.
  var question: String? {
    switch steps.first {
    case .existing(let question), .new(let question): question
    case .repeated: "Repeat the password: "
    case nil: nil
    }
  }

  /// The whole line, with the passwords.
  var line: String { ([command] + passwords.map(\.exposed)).joined(separator: " ") }

  /// Takes the answer to `question`. Returns an error message if the password is invalid; `question` then asks again.
  mutating func answer(_ password: Secret) -> String? {
    precondition(!steps.isEmpty, "an answer without a question")
    switch steps[0] {
    case .existing:
      guard password.isSendable else { return "A password has no spaces and no control characters." }
      passwords.append(password)
    case .new:
      guard !password.exposed.unicodeScalars.contains("\u{FFFD}") else { return "The password is not UTF-8." }
      guard password.isSendable, password.exposed.utf8.count >= Secret.bytesMin else {
        return "A password has at least \(Secret.bytesMin) characters, no spaces and no control characters."
      }
      passwords.append(password)
    case .repeated(let question):
      guard password == passwords.last else {
        passwords.removeLast()
        steps.insert(.new(question: question), at: 0)
        return "The passwords differ."
      }
    }
    steps.removeFirst()
    return nil
  }
}

extension PasswordPrompt {
  static func logIn(_ name: LoginName) -> PasswordPrompt {
    PasswordPrompt("/login \(name.text)", .login, [.existing(question: "Password of \(name.text) (Enter for none): ")])
  }

  static func register(_ name: Name) -> PasswordPrompt {
    PasswordPrompt("/register \(name)", .login, new("New password for \(name)"))
  }

  static func join(_ room: Name) -> PasswordPrompt {
    PasswordPrompt("/join \(room)", .join(room), [.existing(question: "Password of room \(room) (Enter to cancel): ")])
  }

  /// A typed command without its passwords; nil for any other line.
  init?(typed line: String, number: Int) {
    guard line.hasPrefix("/") else { return nil }
    let words = line.split(separator: " ").map(String.init)
    let steps: [Step]
    switch (words.first?.lowercased(), words.count) {
    case ("/login", 2) where LoginName(typed: words[1]) != nil:
      steps = [.existing(question: "Password of \(words[1]): ")]
    case ("/register", 2) where Name(words[1]) != nil:
      steps = PasswordPrompt.new("New password for \(words[1])")
    case ("/passwd", 1):
      steps = [.existing(question: "Current password: ")] + PasswordPrompt.new("New password")
    default:
      return nil
    }
    let command = words.joined(separator: " ")
    self.init(command, .typed(TypedLine(line: command, number: number)), steps)
  }

  private static func new(_ what: String) -> [Step] {
    let question = "\(what), at least \(Secret.bytesMin) characters: "
    return [.new(question: question), .repeated(question: question)]
  }
}

extension Secret {
  /// Whether it can be one argument of a line. Anything else would make another command.
  var isSendable: Bool {
    let bytes = exposed.utf8
    return !bytes.isEmpty && bytes.count <= Secret.bytesMax && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }
}

extension LoginName {
  init?(typed text: String) {
    let trimmed = text.trimmingSpaces
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

extension String {
  /// Without the spaces at both ends.
  var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
