import ChatProtocol
import Text

// What the server tells of its own accord, in sentences.
extension TerminalDisplay {
  /// nil for what is told otherwise: messages, replies, and the last words, which come with the end of the connection.
  func sentence(of event: Event, for viewpoint: Viewpoint) -> String? {
    switch event {
    case .welcome(let server, let version): "Welcome to \(server) \(version)."
    case .joined(let room, let user): "\(subject(user, viewpoint)) joined \(room)"
    case .left(let room, let user, let reason): "\(subject(user, viewpoint)) left \(room)\(parenthesised(reason))"
    case .topic(let room, let text, let by):
      text.isEmpty ? "\(by) took away the topic of \(room)" : "\(by) set the topic of \(room): \(text)"
    case .room(let summary): told(summary)
    case .away(let user): "\(subject(user, viewpoint, "are", "is")) away"
    case .back(let user): "\(subject(user, viewpoint, "are", "is")) back"
    case .file(let file):
      "\(file.from) shares \(file.name) (\(ByteCount.words(file.size))) in \(file.room): /get \(file.id)"
    case .unsent(let room, let id, let name, let by): "\(by) took \(name) (#\(id)) away from \(room)"
    case .kicked(let room?, let by, let reason): "\(by) put you out of \(room)\(parenthesised(reason))"
    case .kicked(nil, let by, let reason): "\(by) put you off the server\(parenthesised(reason))"
    case .deleted(let room, let by): "\(by) deleted \(room)"
    case .notice(let text): "Notice: \(text)"
    case .message, .privateMessage, .ok, .error, .closing: nil
    }
  }

  /// What comes and goes beside the conversation.
  func isAside(_ event: Event) -> Bool {
    switch event {
    case .joined, .left, .away, .back, .room: true
    default: false
    }
  }

  private func subject(_ user: Name, _ viewpoint: Viewpoint) -> String {
    user == viewpoint.user ? "you" : user.text
  }

  private func subject(_ user: Name, _ viewpoint: Viewpoint, _ mine: String, _ other: String) -> String {
    user == viewpoint.user ? "you \(mine)" : "\(user) \(other)"
  }

  /// `ops: 3 members, locked, on call`
  private func told(_ room: RoomSummary) -> String {
    let topic = room.topic.isEmpty ? "" : ", topic: \(room.topic)"
    return "\(room.name): \(counted(UInt64(room.members), "member"))\(room.isLocked ? ", locked" : "")\(topic)"
  }

  private func parenthesised(_ reason: String) -> String { reason.isEmpty ? "" : " (\(reason))" }

  /// `1 member`, `2 members`.
  func counted(_ number: UInt64, _ noun: String) -> String { number == 1 ? "1 \(noun)" : "\(number) \(noun)s" }
}
