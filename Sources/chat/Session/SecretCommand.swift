import ChatProtocol

/// A command whose passwords are asked for one by one, without being shown, before it is sent.
struct SecretCommand: Equatable, Sendable {
  /// What the command is part of, and so what its reply is about and what happens if no password comes.
  enum Purpose: Equatable, Sendable {
    case loggingIn
    case registering
    case entering(Name)
    case typed(number: Int)
  }

  private enum Step: Equatable {
    /// A password that is set already. A wrong one is the server's to refuse.
    case known(question: String)
    /// One that is chosen now and has to keep the rule.
    case new(question: String)
    /// The one before once more; `question` is what it was asked by.
    case again(question: String)
  }

  let purpose: Purpose
  /// The command as far as it goes: `/login alice`.
  private let beginning: String
  /// The command without what nobody may see.
  var shown: String { beginning }
  private var steps: [Step]
  private var passwords: [Secret] = []

  private init(_ beginning: String, _ purpose: Purpose, _ steps: [Step]) {
    self.beginning = beginning
    self.purpose = purpose
    self.steps = steps
  }

  /// What to ask now; nil once all is answered.
  var question: String? {
    switch steps.first {
    case .known(let question), .new(let question): question
    case .again: "The same once more: "
    case nil: nil
    }
  }

  /// The whole line, which nobody may see.
  var line: String { ([beginning] + passwords.map(\.exposed)).joined(separator: " ") }

  /// Takes the answer to the question, or says what is wrong with it; then `question` has the one to ask instead.
  mutating func take(_ password: Secret) -> String? {
    precondition(!steps.isEmpty, "an answer without a question")
    switch steps[0] {
    case .known:
      guard password.isSendable else { return "A password holds no spaces and no control characters." }
      passwords.append(password)
    case .new:
      guard !password.exposed.unicodeScalars.contains("\u{FFFD}") else { return "A password is typed in UTF-8." }
      guard password.isSendable, password.exposed.utf8.count >= Secret.bytesMin else {
        return "A password has at least \(Secret.bytesMin) characters, no spaces and no control characters."
      }
      passwords.append(password)
    case .again(let question):
      guard password == passwords.last else {
        passwords.removeLast()
        steps.insert(.new(question: question), at: 0)
        return "The two were not the same."
      }
    }
    steps.removeFirst()
    return nil
  }
}

extension SecretCommand {
  static func logIn(_ name: LoginName) -> SecretCommand {
    SecretCommand(
      "/login \(name.text)", .loggingIn, [.known(question: "Password of \(name.text) (none: just Enter): ")])
  }

  static func register(_ name: Name) -> SecretCommand {
    SecretCommand("/register \(name)", .registering, chosen("New password for \(name)"))
  }

  static func enter(_ room: Name) -> SecretCommand {
    SecretCommand(
      "/join \(room)", .entering(room), [.known(question: "Password of the room \(room) (none: just Enter): ")])
  }

  /// A typed command without the passwords that it needs; nil for any other line.
  init?(typed line: String, number: Int) {
    // With anything before its slash it is no command.
    guard line.hasPrefix("/") else { return nil }
    let words = line.split(separator: " ").map(String.init)
    let steps: [Step]
    switch (words.first?.lowercased(), words.count) {
    case ("/login", 2) where LoginName(typed: words[1]) != nil:
      steps = [.known(question: "Password of \(words[1]): ")]
    case ("/register", 2) where Name(words[1]) != nil:
      steps = SecretCommand.chosen("New password for \(words[1])")
    case ("/passwd", 1):
      steps = [.known(question: "Your password until now: ")] + SecretCommand.chosen("New password")
    default:
      return nil
    }
    self.init(words.joined(separator: " "), .typed(number: number), steps)
  }

  private static func chosen(_ what: String) -> [Step] {
    let question = "\(what), at least \(Secret.bytesMin) characters: "
    return [.new(question: question), .again(question: question)]
  }
}

extension Secret {
  /// Whether it can stand in a line as one argument. Anything else would end up as another command.
  var isSendable: Bool {
    let bytes = exposed.utf8
    return !bytes.isEmpty && bytes.count <= Secret.bytesMax && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }
}
