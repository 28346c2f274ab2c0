import ChatProtocol

/// What a command line asks for.
enum AdminCommand: Equatable {
  /// Nothing: no command stands on the line.
  case none
  case help(HelpTopic)
  case version
  case request(ControlRequest)
  /// `rooms create --password-stdin`: the password is read once it is known that the rest of the line is right.
  case createRoomWithPassword(Name)
}

/// What `--help` is asked about.
enum HelpTopic: Equatable {
  case program
  /// One verb, or all of a noun.
  case commands([AdminVerb])
}
