import ChatProtocol
import Terminal

// What the operator has to say.

extension AdminVerb {
  static let say = AdminVerb(
    "say", "ROOM TEXT | --user USER TEXT | --all TEXT", summary: "Tell something to a room, a user or everybody.",
    explanation: """
      It comes as a notice of the operator's. TEXT takes the rest of the line. What is
      said to a room or to all is in the log, what is said to one user is not.
      """,
    options: [.user, .everybody],
    example: """
      $ chat-admin say --all "back in five minutes"
      told 12 sessions
      """
  ) { (arguments) throws(AdminError) in
    let user = try arguments.name(.user, of: "user")
    switch (user, arguments.flag(.everybody)) {
    case (_?, true): throw AdminError(.usage, "say it to one user or to all: give --user USER or --all")
    case (let user?, false): return .request(.say(.user(user), try arguments.rest("text")))
    case (nil, true): return .request(.say(.all, try arguments.rest("text")))
    case (nil, false):
      let room = try arguments.room()
      return .request(.say(.room(room), try arguments.rest("text")))
    }
  }
}

extension AdminText {
  func said(_ sessions: Int) -> String {
    sessions == 0 ? "nobody is there to hear it" : "told \(counted(sessions, "session"))"
  }
}
