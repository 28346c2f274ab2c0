import ChatProtocol
import POSIX

/// The names of rooms and users as the server has them now, for completing a word: in the console and in a shell.
struct LiveNames: Equatable {
  /// What has come by then has to do: whoever presses Tab does not wait longer.
  private static let patience_ms: Int64 = 500
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
      guard let accounts = accounts(&program, options) else { return }
      gather(accounts <= Self.accounts_max ? .usersList : .sessionsList, completion, &program, options)
      areMore = areMore || accounts > Self.accounts_max
    case .path: break
    }
    // Somebody may be here more than once.
    names = Array(Set(names)).sorted()
  }

  /// How many there are; nil where nobody tells.
  private func accounts(_ program: inout AdminProgram, _ options: AdminOptions) -> Int? {
    var accounts: Int?
    try? program.ask(.status, options, silence_ms_max: Int32(Self.patience_ms)) { (reply) throws(AdminFailure) in
      if case .status(let status) = reply { accounts = status.accounts }
    }
    return accounts
  }

  private mutating func gather(
    _ request: ControlRequest, _ completion: Completion, _ program: inout AdminProgram, _ options: AdminOptions
  ) {
    do throws(AdminFailure) {
      try program.ask(request, options, silence_ms_max: Int32(Self.patience_ms)) { (part) throws(AdminFailure) in
        names += Self.names(in: part).filter { !completion.matching([$0]).isEmpty }
        guard names.count <= names_max, SystemClock.monotonic_ns < deadline_ns else {
          throw AdminFailure(.tryAgain, "enough")
        }
      }
    } catch {
      isCut = error.status == .tryAgain
      areMore = isCut
    }
    names = Array(names.prefix(names_max))
  }

  private static func names(in reply: ControlReply) -> [String] {
    switch reply {
    case .rooms(let rooms): rooms.map(\.info.summary.name.text)
    case .users(let users): users.map(\.name.text)
    case .sessions(let sessions): sessions.compactMap(\.user?.text)
    default: []
    }
  }
}
