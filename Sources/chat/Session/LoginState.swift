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
  /// An operator kicked the user off the server: the client does not reconnect.
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
