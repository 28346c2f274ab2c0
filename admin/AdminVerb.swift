import ChatProtocol
import Terminal

/// One thing that `chat-admin` does: how it is written, what its help says, and how its arguments become a command.
/// Parser, help and suggestions all live from these.
struct AdminVerb: Sendable {
  /// As on the command line and on the wire: `rooms list`, or `status` where the noun is the whole command.
  let name: String
  /// What follows the name: `ROOM [--open]`.
  let arguments: String
  let summary: String
  /// What the help says beyond the summary; may be empty.
  let explanation: String
  /// The options that it takes beside the general ones.
  let options: [Option]
  /// A command line and what it prints.
  let example: String
  /// What its first argument may be completed to, where that is not what the usage calls it.
  let completes: Completion.Subject?
  let read: @Sendable (inout VerbArguments) throws(AdminError) -> AdminCommand

  init(
    _ name: String, _ arguments: String = "", summary: String, explanation: String = "", options: [Option] = [],
    example: String, completes: Completion.Subject? = nil,
    read: @escaping @Sendable (inout VerbArguments) throws(AdminError) -> AdminCommand
  ) {
    self.name = name
    let isDestructive = ControlRequest.destructive.contains(name)
    self.arguments = isDestructive ? (arguments + " [--dry-run | --yes]").trimmingSpace : arguments
    self.summary = summary
    self.explanation = explanation
    self.options = options + (isDestructive ? [.dryRun, .yes] : [])
    self.example = example
    self.completes = completes
    self.read = read
  }

  var noun: String { String(name.prefix { $0 != " " }) }
  var usage: String { "chat-admin \(name)" + (arguments.isEmpty ? "" : " \(arguments)") }

  static let all: [AdminVerb] =
    rooms + users + accounts + restricting + bans + sessions + files + [say] + past + server + settings
    + keeping

  static let nouns: [String] = all.reduce(into: []) { nouns, verb in
    if nouns.last != verb.noun { nouns.append(verb.noun) }
  }

  static func all(of noun: String) -> [AdminVerb] { all.filter { $0.noun == noun } }
}

extension AdminVerb: Equatable {
  /// A name stands for one verb.
  static func == (left: AdminVerb, right: AdminVerb) -> Bool { left.name == right.name }
}

extension String {
  fileprivate var trimmingSpace: String { String(drop { $0 == " " }) }
}
