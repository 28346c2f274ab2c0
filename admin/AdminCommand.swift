import ChatProtocol

/// What a command line asks for.
enum AdminCommand: Equatable {
  /// Nothing: no command stands on the line.
  case none
  case help(HelpTopic)
  case version
  /// `--complete WORD…`: what may stand in the place of the last word.
  case complete(typed: String, after: [String])
  case request(ControlRequest)
  /// A request that is made again and again.
  case top(TopOptions)
  /// A request that takes a password, which is read once it is known that the rest of the line is right.
  case requestWithPassword(PasswordRequest)
  /// The running server's backup into a file, `-` for standard output.
  case backup(file: String)
  /// A backup into a folder that no server uses.
  case restore(file: String)
}

/// What a password is read for.
enum PasswordRequest: Equatable {
  case createRoom(Name)
  case lockRoom(Name, ControlRoomChange)
  case addUser(ControlNewUser)
  case changePassword(Name)

  func request(_ password: Secret) -> ControlRequest {
    switch self {
    case .createRoom(let room): return .roomsCreate(room, .password(password))
    case .lockRoom(let room, var change):
      change.access = .password(password)
      return .roomsSet(room, change)
    case .addUser(var user):
      user.password = password
      return .usersAdd(user)
    case .changePassword(let user): return .usersPasswd(user, password)
    }
  }

  /// Whose password it is to be.
  var owner: String {
    switch self {
    case .createRoom(let room), .lockRoom(let room, _): "room \(room)"
    case .addUser(let user): user.name.text
    case .changePassword(let user): user.text
    }
  }
}

/// What `--help` is asked about.
enum HelpTopic: Equatable {
  case program
  /// One verb, or all of a noun.
  case commands([AdminVerb])
}
