extension CommandTable {
  /// Accounts, and coming in with one or without.
  static let comingIn: [CommandDefinition] = [
    CommandDefinition(
      "register", "NAME PASSWORD [EMAIL]", "make an account and come in with it",
      explanation: """
        A password has \(Secret.bytesMin) to \(Secret.bytesMax) bytes and no spaces.
        With an e-mail address you can log in by that too.
        """
    ) { arguments throws(CommandError) in
      try .register(arguments.user(), arguments.newPassword(), arguments.optionalEmail())
    },
    CommandDefinition(
      "login", "NAME-or-EMAIL PASSWORD", "come in with an account",
      explanation: """
        You are back in the rooms you were in, and get the private messages that
        came meanwhile.
        """
    ) { arguments throws(CommandError) in
      try .login(arguments.loginName(), arguments.password())
    },
    CommandDefinition(
      "guest", "NAME", "come in with a name alone",
      explanation: """
        A guest chats, joins and creates rooms, but keeps nothing: a guest's room
        goes with its last member.
        """
    ) { arguments throws(CommandError) in
      try .guest(arguments.user())
    },
    CommandDefinition(
      "resume", "TOKEN", "take over a lost connection's session",
      explanation: """
        For programs, after a login: TOKEN is the `resume` of the lost session's
        own login. That session ends, and its rooms and current room become this
        one's without a word to the others.
        """
    ) { arguments throws(CommandError) in
      try .resume(token: Secret(arguments.word()))
    },
    CommandDefinition("passwd", "OLD NEW", "change your password") { arguments throws(CommandError) in
      try .changePassword(old: arguments.password(), new: arguments.newPassword())
    },
    CommandDefinition(
      "logout", "", "leave the chat but keep the connection"
    ) { _ in .logout },
  ]
}
