import ChatProtocol
import POSIX

/// The names of rooms and users as the server has them now, for completing a word.
struct LiveNames: Equatable {
  /// More are no help to anybody.
  static let shown = 200
  /// A list of a million users takes seconds: what has come by then has to do, and whoever presses Tab does not wait longer.
  private static let patience_ms: Int64 = 500

  private(set) var names: [String] = []
  /// There may be others that would fit too.
  private(set) var areMore = false

  /// None where the server does not answer: the command itself will say why.
  init(
    _ subject: Completion.Subject, for completion: Completion, from program: inout AdminProgram, _ options: AdminOptions
  ) {
    switch subject {
    case .room: gather(.roomsList, completion, &program, options)
    case .user:
      gather(.usersList, completion, &program, options)
      // The list goes by name. Where it was too long, those who are here are the likeliest.
      if areMore, names.count < Self.shown { gather(.sessionsList, completion, &program, options) }
    case .path: break
    }
    names = Array(Set(names)).sorted()
  }

  private mutating func gather(
    _ request: ControlRequest, _ completion: Completion, _ program: inout AdminProgram, _ options: AdminOptions
  ) {
    let deadline_ns = SystemClock.monotonic_ns + Self.patience_ms * 1_000_000
    do throws(AdminFailure) {
      try program.ask(request, options, silence_ms_max: Int32(Self.patience_ms)) {
        (part, isLast) throws(AdminFailure) in
        names += Self.names(in: part).filter { !completion.matching([$0]).isEmpty }
        guard names.count <= Self.shown, isLast || SystemClock.monotonic_ns < deadline_ns else {
          throw AdminFailure(.tryAgain, "enough")
        }
      }
    } catch {
      areMore = error.status == .tryAgain
    }
    names = Array(names.prefix(Self.shown))
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
