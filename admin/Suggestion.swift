import ChatProtocol
import POSIX
import Text

// What was probably meant by a name that the server does not know.
extension AdminProgram {
  private static let patience_ms: Int64 = 1000
  /// Of more than these nobody's slip is worth the time.
  private static let names_max = 20_000

  /// The failure, and the nearest of the names that there are where it is about one that there is not.
  mutating func suggesting(
    what request: ControlRequest, _ failure: AdminError, _ options: AdminOptions
  ) -> AdminError {
    guard let code = failure.code, let (typed, list) = request.unknown(code),
      let meant = Spelling.nearest(to: typed, among: names(in: list, options)), meant != typed
    else { return failure }
    var failure = failure
    failure.message += "; did you mean '\(meant)'?"
    return failure
  }

  private mutating func names(in list: ControlRequest, _ options: AdminOptions) -> [String] {
    let deadline_ns = SystemClock.monotonic_ns + Self.patience_ms * 1_000_000
    var names: [String] = []
    do throws(AdminError) {
      try ask(list, options, silence_ms_max: Int32(Self.patience_ms)) { (reply, isLast) throws(AdminError) in
        switch reply {
        case .rooms(let rooms): names += rooms.map(\.info.summary.name.text)
        case .users(let users): names += users.map(\.name.text)
        case .bans(let bans): names += bans.map(\.subject.description)
        default: break
        }
        guard names.count <= Self.names_max, isLast || SystemClock.monotonic_ns < deadline_ns else {
          throw AdminError(.tryAgain, "enough")
        }
      }
    } catch {
      // The failure that is told is the command's own; what has come will do.
    }
    return names
  }
}

extension ControlRequest {
  /// What of a request it is that there is not, as it was written, and the request that lists what there is.
  fileprivate func unknown(_ code: ControlError.Code) -> (typed: String, list: ControlRequest)? {
    if case .dryRun(let request) = self { return request.unknown(code) }
    switch code {
    case .noSuchRoom: return room.map { ($0.text, .roomsList) }
    case .noSuchUser: return user.map { ($0.text, .usersList) }
    case .noSuchBan:
      switch self {
      case .usersUnban(let name), .usersUnmute(let name): return (name.text, .bansList)
      case .bansRemove(let subject): return (subject.description, .bansList)
      default: return nil
      }
    default: return nil
    }
  }

  private var room: Name? {
    switch self {
    case .roomsInfo(let room), .roomsDelete(let room), .roomsSet(let room, _), .roomsMembers(let room),
      .roomsKick(let room, _, _), .say(.room(let room), _):
      return room
    case .filesList(let room): return room
    case .readLog(let query): return if case .messages(let room) = query.form { room } else { query.room }
    default: return nil
    }
  }

  private var user: Name? {
    switch self {
    case .usersInfo(let user), .usersPasswd(let user, _), .usersSet(let user, _), .usersDisable(let user, _),
      .usersEnable(let user), .usersDelete(let user), .usersKick(let user, _), .roomsKick(_, let user, _),
      .say(.user(let user), _):
      return user
    case .roomsSet(_, let change): return if case .account(let owner) = change.owner { owner } else { nil }
    case .readLog(let query): return query.user
    default: return nil
    }
  }
}
