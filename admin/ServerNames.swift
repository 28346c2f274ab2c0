import ChatProtocol
import JSON
import Text

// Names that the server knows: for completing a word, and for suggesting the right one for a wrong one.

extension AdminProgram {
  private static let namesTimeout = Duration.seconds(1)

  /// Requests a list and passes its parts to `part` until that returns false, or a second has passed. Returns whether
  /// the whole list came, or the server refused; nil if it cannot be asked.
  fileprivate mutating func list(
    _ request: ControlRequest, _ options: AdminOptions, part: (ControlReply) -> Bool
  ) -> Bool {
    let deadline = SuspendingClock.now + Self.namesTimeout
    do throws(AdminError) {
      var connection = try takeConnection(to: options.location)
      let last = try connection.ask(request, timeout: Self.namesTimeout) { (reply) throws(AdminError) in
        guard part(reply), SuspendingClock.now < deadline else { throw AdminError(.tryAgain, "enough names") }
      }
      keep(connection)
      return part(last)
    } catch {
      // An incomplete answer ends the connection; the command itself reports why a server does not answer.
      return error.status != .tryAgain
    }
  }

  // MARK: - Completion

  /// The lines of `--complete`: candidates, one a line. The completion scripts of the shells know no command
  /// themselves, so they never go stale.
  mutating func shellCandidates(_ typed: String, after before: [String], _ options: AdminOptions) -> [String] {
    let completion = Completion(typed, after: before)
    switch completion.source {
    case nil: return completion.words
    case .path?: return completion.words + [Self.pathCandidate]
    case let source?:
      let found = names(from: source, for: completion, options, max: 1000)
      // A shell inserts the common prefix of all candidates, which cannot be known from a part of the names.
      return completion.words + (found.isCut ? [] : completion.matching(found.names))
    }
  }

  /// Any path; the shell completes those. It differs from every other candidate.
  static let pathCandidate = "/"

  /// Names that complete a word, sorted. `hasMore`: there may be others that fit. `isCut`: the server's list was cut
  /// short.
  mutating func names(
    from source: Completion.Source, for completion: Completion, _ options: AdminOptions, max: Int
  ) -> (names: [String], hasMore: Bool, isCut: Bool) {
    var (names, isCut, prefersSessions) = (Set<String>(), false, false)
    let request: ControlRequest
    switch source {
    case .path: return ([], false, false)
    case .room: request = .roomsList
    case .restricted: request = .bansList
    case .user:
      // With very many accounts, only connected users: they are fewer and the likelier ones.
      isCut = !list(.status, options) { reply in
        if case .status(let status) = reply { prefersSessions = status.accounts > 10_000 }
        return true
      }
      request = prefersSessions ? .sessionsList : .usersList
    }
    if !isCut {
      isCut = !list(request, options) { reply in
        names.formUnion(reply.names(for: source).filter { !completion.matching([$0]).isEmpty })
        return names.count <= max
      }
    }
    return (Array(names.sorted().prefix(max)), isCut || prefersSessions, isCut)
  }

  // MARK: - Suggestions

  /// The error, with a suggestion if it is about a name that does not exist.
  mutating func suggesting(
    for request: ControlRequest, _ error: AdminError, _ options: AdminOptions
  ) -> AdminError {
    guard let code = error.code, let (typed, source) = request.unknownName(code) else { return error }
    var names: [String] = []
    _ = list(source == .room ? .roomsList : source == .user ? .usersList : .bansList, options) { reply in
      names += reply.names(for: source)
      return names.count <= 20_000
    }
    guard let nearest = Spelling.nearest(to: typed, among: names), nearest != typed else { return error }
    var error = error
    error.message += "; did you mean '\(nearest)'?"
    return error
  }
}

extension ControlReply {
  fileprivate func names(for source: Completion.Source) -> [String] {
    switch self {
    case .rooms(let rooms): rooms.map(\.info.summary.name.text)
    case .users(let users): users.map(\.name.text)
    case .sessions(let sessions): sessions.compactMap(\.user?.text)
    case .bans(let bans): source.names(in: bans)
    default: []
    }
  }
}

extension ControlRequest {
  /// The unknown name, as typed, and the source of existing names.
  fileprivate func unknownName(_ code: ControlError.Code) -> (typed: String, source: Completion.Source)? {
    func typed(_ keys: String...) -> String? { keys.lazy.compactMap { fields[$0]?.string }.first }
    switch code {
    case .noSuchRoom: return typed("room").map { ($0, .room) }
    case .noSuchUser: return typed("user", "owner", "from").map { ($0, .user) }
    case .noSuchBan:
      let kind: Restriction.Kind = if case .usersUnmute = self { .mute } else { .ban }
      return typed("user", "address").map { ($0, .restricted(kind, namesOnly: false)) }
    default: return nil
    }
  }
}
