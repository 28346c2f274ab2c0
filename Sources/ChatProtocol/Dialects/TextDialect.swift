import JSON

/// What a person with `nc` reads.
///
/// Nobody can pass for somebody else or for the server: what people write stands behind `[` and their name; what the
/// server says begins with `* `, `ok` or `error`; and cleaned text cannot begin a line of its own.
enum TextDialect {
  static func encode(_ event: Event, at time: Timestamp, into bytes: inout [UInt8]) {
    switch event {
    case .message(let message):
      // One's own line stands on the screen already: it was typed there.
      if !message.isOwn { append(message, to: &bytes) }
    case .privateMessage(let message):
      let written = message.hasWaited ? " (\(seconds(of: time)) UTC)" : ""
      bytes.append("[private] \(message.from) -> \(message.to)\(written): \(message.text)\n")
    case .ok(let reply):
      append(reply, to: &bytes)
    case .error(let fault):
      bytes.append("error \(fault.code.rawValue): \(fault.message)\n")
    default:
      for line in lines(telling: event) { bytes.append("* \(line)\n") }
    }
  }

  private static func append(_ message: RoomMessage, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    bytes.append(message.room.text)
    bytes.append(message.isAction ? "] * " : "] ")
    bytes.append(message.from.text)
    bytes.append(message.isAction ? " " : ": ")
    bytes.append(message.text)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// What the server tells of its own accord, each line without the star before it.
  private static func lines(telling event: Event) -> [String] {
    switch event {
    case .welcome(let server, let version):
      [
        "Welcome to \(server) \(version).",
        "New here: /register NAME PASSWORD. With an account: /login NAME PASSWORD. Just a name: /guest NAME.",
        "/help lists all commands.",
      ]
    case .joined(let room, let user): ["\(user) joined \(room)"]
    // Who simply left has given no reason worth reading.
    case .left(let room, let user, "left"): ["\(user) left \(room)"]
    case .left(let room, let user, let reason): ["\(user) left \(room)\(parenthesised(reason))"]
    case .topic(let room, let text, let by):
      [text.isEmpty ? "\(by) took away the topic of \(room)" : "\(by) set the topic of \(room): \(text)"]
    case .room(let summary): [told(summary)]
    case .away(let user): ["\(user) is away"]
    case .back(let user): ["\(user) is back"]
    case .file(let file):
      ["\(file.from) shares \(file.name) (\(counted(file.size, "byte"))) in \(file.room): /get \(file.id)"]
    case .unsent(let room, let id, let name, let by): ["\(by) took \(name) (#\(id)) away from \(room)"]
    case .kicked(let room?, let by, let reason): ["\(by) put you out of \(room)\(parenthesised(reason))"]
    case .kicked(nil, let by, let reason): ["\(by) put you off the server\(parenthesised(reason))"]
    case .deleted(let room, let by): ["\(by) deleted \(room)"]
    case .notice(let text): ["Notice: \(text)"]
    case .closing(let reason): [reason.isEmpty ? "Goodbye." : reason]
    case .message, .privateMessage, .ok, .error: preconditionFailure("written elsewhere")
    }
  }

  private static func told(_ room: RoomSummary) -> String {
    let owner = room.owner.map { ", owner \($0)" } ?? ""
    let topic = room.topic.isEmpty ? "" : ", topic: \(room.topic)"
    return "\(room.name) is \(room.isLocked ? "locked" : "open"), \(counted(room.members, "member"))\(owner)\(topic)"
  }

  private static func parenthesised(_ reason: String) -> String { reason.isEmpty ? "" : " (\(reason))" }

  /// `1 member`, `2 members`.
  static func counted(_ number: some BinaryInteger, _ noun: String) -> String {
    number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
  }
}
