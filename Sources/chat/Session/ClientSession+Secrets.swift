import ChatProtocol

// Passwords, asked for without being shown.
extension ClientSession {
  /// Asks what the command needs next, or sends it.
  mutating func ask(for command: SecretCommand) {
    if let question = command.question {
      phase = .asking(.secret(command))
      outputs.append(.askSecret(question))
      return
    }
    switch command.purpose {
    case .loggingIn, .registering:
      phase = .comingIn
      send(command.line, expecting: .comingIn)
    case .entering(let room):
      phase = .enteringRoom
      send(command.line, expecting: .enteringRoom(room))
    case .typed(let number):
      send(
        command.line,
        expecting: .typed(
          TypedLine(line: command.shown, command: understood(command.line), number: number, room: viewpoint.room)))
      chat()
    }
  }

  /// The answer; nil where there was none.
  mutating func takeAnswer(_ secret: Secret?) {
    // The connection went while it was asked for.
    if isSecretInVain {
      isSecretInVain = false
      return note("The password went nowhere.")
    }
    guard case .asking(.secret(var command)) = phase else { return }
    guard let secret, !secret.exposed.isEmpty else { return giveUp(command, isEnd: secret == nil) }
    if let problem = command.take(secret) { complain(problem) }
    ask(for: command)
  }

  /// Goes on without the command.
  private mutating func giveUp(_ command: SecretCommand, isEnd: Bool) {
    switch command.purpose {
    case .loggingIn, .registering: if isEnd { exit(.ok) } else { offer(choicesWithoutPassword) }
    case .entering, .typed: chat()
    }
  }
}
