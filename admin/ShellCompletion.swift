import ChatProtocol

/// What `--complete` prints, one a line: the words that may stand next on a command line. The completion scripts of the shells
/// hand over what was typed and know nothing themselves, so that they never go stale.
struct ShellCompletion {
  /// What stands for "a file or folder": the shell knows those, with its `~` and its quotes. No candidate is like it.
  static let path = "/"
  /// Nobody chooses among more names.
  private static let names_max = 1000
  /// Of more rooms or users the server is not asked for the list because somebody pressed a key.
  private static let listed_max = 10_000
  /// Somebody waits before a prompt.
  private static let silence_ms_max: Int32 = 1000

  private let completion: Completion
  private let place: ServerPlace

  /// `typed` is what stands of the word before the cursor, and `before` the words in front of it.
  init(_ typed: String, after before: [String], at place: ServerPlace) {
    completion = Completion(typed, after: before)
    self.place = place
  }

  /// Where no server answers there are no names, and nothing is said about it: a line is being typed.
  var lines: [String] {
    switch completion.subject {
    case .path: completion.words + [Self.path]
    case .room: completion.words + completion.matching((try? rooms()) ?? []).prefix(Self.names_max)
    case .user: completion.words + completion.matching((try? users()) ?? []).prefix(Self.names_max)
    case nil: completion.words
    }
  }

  private func rooms() throws(AdminFailure) -> [String] {
    var connection = try AdminConnection.open(to: place)
    guard let status = try status(&connection), status.rooms <= Self.listed_max else { return [] }
    return try names(.roomsList, &connection)
  }

  /// Everybody who has an account or is a guest here; of a large server those who are here.
  private func users() throws(AdminFailure) -> [String] {
    var connection = try AdminConnection.open(to: place)
    guard let status = try status(&connection), status.sessions <= Self.listed_max else { return [] }
    return try names(status.accounts <= Self.listed_max ? .usersList : .sessionsList, &connection)
  }

  private func status(_ connection: inout AdminConnection) throws(AdminFailure) -> ControlStatus? {
    let reply = try connection.ask(.status, silence_ms_max: Self.silence_ms_max)
    return if case .status(let status) = reply { status } else { nil }
  }

  /// Those that a list names, in its order, each once.
  private func names(
    _ request: ControlRequest, _ connection: inout AdminConnection
  ) throws(AdminFailure) -> [String] {
    var names: [Name] = []
    func take(_ reply: ControlReply) {
      switch reply {
      case .rooms(let rooms): names += rooms.map(\.info.summary.name)
      case .users(let users): names += users.map(\.name)
      case .sessions(let sessions): names += sessions.compactMap(\.user)
      default: break
      }
    }
    take(try connection.ask(request, silence_ms_max: Self.silence_ms_max) { (part) throws(AdminFailure) in take(part) })
    var seen: Set<Name> = []
    return names.filter { seen.insert($0).inserted }.map(\.text)
  }
}
