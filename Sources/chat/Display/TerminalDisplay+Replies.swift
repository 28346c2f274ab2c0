import ChatProtocol
import Text

// What a command came to, in a sentence.
extension TerminalDisplay {
  /// nil where the result speaks for itself.
  func sentence(of reply: Reply, for viewpoint: Viewpoint) -> String? {
    switch reply.result {
    case .done: done[reply.command] ?? "Done."
    case .entered(let user, let isOperator, let room, let rooms, _, let unread):
      entered(user, isOperator: isOperator, room: room, rooms: rooms, unread: unread)
    case .rooms(let rooms, let more):
      rooms.isEmpty ? "There are no rooms." : "\(counted(UInt64(rooms.count), "room"))\(andMore(more)):"
    case .info(let info): "About \(info.summary.name):"
    case .who(let room, let users, let more):
      "\(counted(UInt64(users.count), "member")) in \(room)\(andMore(more)):"
    case .room(let room, let password): sentence(of: reply.command, room, password)
    case .moved(let room, let current):
      room == current ? "You are in \(room) now." : "You left \(room) and are in \(current) now."
    case .topic(let room, let text): text.isEmpty ? "\(room) has no topic." : "The topic of \(room): \(text)"
    case .user(let user) where reply.command == "ignore":
      "You see nothing more of what \(user) says, also in private; /unignore \(user) ends that."
    case .user(let user) where reply.command == "unignore": "You see again what \(user) says."
    case .user(let user): "\(user) \(act[reply.command] ?? ": done")\(isInRoom(reply.command, viewpoint))."
    case .away(let text): text.map { "You are away: \($0.asSentence)" } ?? "You are back."
    case .sent(_, let away): away.map { "Sent; away: \($0)" }
    case .read(let id): "Read up to #\(id)."
    case .history(let room, let messages, let more):
      reply.command == "search" ? found(in: room, messages.count, more) : history(of: room, messages.count, more)
    case .offered(let offer): "\(offer.name) may be sent as #\(offer.id)."
    case .files(let room, let files, let more):
      "\(counted(UInt64(files.count), "file")) in \(room)\(older(in: room, more))\(files.isEmpty ? "." : ":")"
    case .fetch(let file): "\(file.name) (\(ByteCount.words(file.size))) may be fetched."
    case .file(let id): "#\(id): \(reply.command == "put" ? "shared" : "taken away")."
    case .taken(let id, let bytes): "#\(id): \(counted(bytes, "byte"))."
    case .format(let dialect): "The server speaks \(dialect.rawValue)."
    case .pong(let token): token.map { "Pong: \($0)" } ?? "Pong."
    case .help(let usages): usages.count == 1 ? usages[0].line : "Commands; /help COMMAND explains one:"
    }
  }

  private var done: [String: String] {
    [
      "logout": "You are logged out.", "passwd": "Your password is changed.", "quit": "Bye.",
    ]
  }

  /// What was done to somebody.
  private var act: [String: String] {
    [
      "kick": "is put out", "ban": "is banned", "unban": "is no longer banned", "mute": "is muted",
      "unmute": "is no longer muted", "op": "is a moderator", "deop": "is no longer a moderator",
    ]
  }

  private func isInRoom(_ command: String, _ viewpoint: Viewpoint) -> String {
    guard let room = viewpoint.room else { return "" }
    return switch command {
    case "kick": " of \(room)"
    case "ban", "unban": " from \(room)"
    default: " in \(room)"
    }
  }

  private func entered(_ user: Name, isOperator: Bool, room: Name, rooms: [Name], unread: Int) -> String {
    var sentence = "You are \(user)\(isOperator ? ", an operator," : "") in \(room)"
    let others = rooms.filter { $0 != room }.map(\.text)
    if !others.isEmpty { sentence += ", and in \(others.joined(separator: ", ")) too" }
    sentence += ". /help lists the commands."
    if unread > 0 { sentence += " \(counted(UInt64(unread), "private message")) came meanwhile:" }
    return sentence
  }

  private func sentence(of command: String, _ room: Name, _ password: Secret?) -> String {
    let happened =
      switch command {
      case "create": "You made \(room) and are in it now."
      case "delete": "\(room) is deleted."
      case "lock": "\(room) is locked."
      case "unlock": "\(room) is open to everybody."
      default: "\(room): done."
      }
    return happened + (password.map { " Its password, shown only now: \($0.exposed)" } ?? "")
  }

  private func andMore(_ more: Bool) -> String { more ? ", and there are more" : "" }

  private func older(in room: Name, _ more: Continuation?) -> String {
    if case .before(let id) = more { "; /files \(room) before \(id) lists older ones" } else { "" }
  }

  private func found(in room: Name, _ count: Int, _ more: Continuation?) -> String {
    guard case .before(let id) = more else {
      return "Found \(count == 0 ? "nothing" : counted(UInt64(count), "message")) in \(room)\(count == 0 ? "." : ":")"
    }
    let goOn = "/search before #\(id) TEXT looks further back"
    if count == 0 { return "Found nothing in what was said in \(room) since #\(id); \(goOn)." }
    return "Found \(counted(UInt64(count), "message")) in \(room); \(goOn):"
  }

  private func history(of room: Name, _ count: Int, _ more: Continuation?) -> String {
    let (side, goOn) =
      switch more {
      case nil: ("", "")
      case .before(let id): (" since #\(id)", "; /history \(room) before \(id) shows older ones")
      case .since(let id): (" up to #\(id)", "; /history \(room) since \(id) shows newer ones")
      }
    if count == 0 { return "Nothing was said in \(room)\(side)\(goOn)." }
    return "\(counted(UInt64(count), "message")) in \(room)\(goOn):"
  }
}
