import ChatProtocol
import POSIX

/// The names of rooms and users as the server has them now, for completing a word: in the console and in a shell.
struct LiveNames: Equatable {
  /// What has come by then has to do: whoever presses Tab does not wait longer.
  private static let patience_ms: Int64 = 1000
  /// Of a server with more accounts those who are here are asked for: they are likelier to be meant, and fewer.
  private static let accounts_max = 10_000

  private(set) var names: [String] = []
  /// There may be others that would fit too.
  private(set) var areMore = false
  /// Not all were told, so that what they have in common says nothing of the others.
  private(set) var isCut = false

  private let names_max: Int
  private let deadline_ns = SystemClock.monotonic_ns + patience_ms * 1_000_000

  /// None where the server does not answer: the command itself will say why. More than `names_max` are no help.
  init(
    _ subject: Completion.Subject, for completion: Completion, from program: inout AdminProgram,
    _ options: AdminOptions, names_max: Int
  ) {
    self.names_max = names_max
    switch subject {
    case .room: gather(.roomsList, completion, &program, options)
    case .user:
      var hasMany = false
      ask(.status, &program, options) { _, reply in
        if case .status(let status) = reply { hasMany = status.accounts > Self.accounts_max }
      }
      if !isCut { gather(hasMany ? .sessionsList : .usersList, completion, &program, options) }
      areMore = isCut || hasMany
    case .restricted: gather(.bansList, completion, &program, options)
    case .path: break
    }
    // Somebody may be here more than once.
    names = Array(Set(names)).sorted()
  }

  private mutating func gather(
    _ request: ControlRequest, _ completion: Completion, _ program: inout AdminProgram, _ options: AdminOptions
  ) {
    ask(request, &program, options) { (live, part) in
      live.names += Self.names(in: part, completion).filter { !completion.matching([$0]).isEmpty }
    }
    names = Array(names.prefix(names_max))
    areMore = isCut
  }

  /// What the server said last is no reason to speak of others, however late it came.
  private mutating func ask(
    _ request: ControlRequest, _ program: inout AdminProgram, _ options: AdminOptions,
    part: (inout LiveNames, ControlReply) -> Void
  ) {
    do throws(AdminError) {
      try program.ask(request, options, silence_ms_max: Int32(Self.patience_ms)) {
        (reply, isLast) throws(AdminError) in
        part(&self, reply)
        guard names.count <= names_max, isLast || SystemClock.monotonic_ns < deadline_ns else {
          throw AdminError(.tryAgain, "enough")
        }
      }
    } catch {
      isCut = error.status == .tryAgain
    }
  }

  private static func names(in reply: ControlReply, _ completion: Completion) -> [String] {
    switch reply {
    case .rooms(let rooms): rooms.map(\.info.summary.name.text)
    case .users(let users): users.map(\.name.text)
    case .sessions(let sessions): sessions.compactMap(\.user?.text)
    case .bans(let bans): completion.subject?.names(in: bans) ?? []
    default: []
    }
  }
}
