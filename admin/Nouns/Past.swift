import ChatProtocol
import Terminal
import Text

// What was said and what happens, as the log has it.

extension AdminVerb {
  static let past = [
    AdminVerb(
      "messages", "ROOM [--since T] [--until T] [--from USER] [--grep TEXT] [--last N]",
      summary: "Show what was said in a room.",
      explanation: """
        The oldest first, from the log and its rotated pieces, but for those that are
        compressed. Without --since or --until these are the last \(ControlLogQuery.lastStandard).
        \(aboutT)
        What was said in a room that is gone is shown as long as the log has it, and so is
        what was said in an earlier room of that name. Private messages are not in the log.
        """,
      options: [.since, .until, .from, .grep, .last],
      example: """
        $ chat-admin messages ops --since 2h
        2026-11-20 20:15:09  alice: who is on call?
        2026-11-20 20:15:31  * bob raises a hand
        """
    ) { (arguments) throws(AdminError) in
      let room = try arguments.room()
      return .request(.readLog(try arguments.logQuery(.messages(room))))
    },
    AdminVerb(
      "log",
      "[-f | --follow] [--since T] [--until T] [--from USER] [--grep TEXT] [--room ROOM] [--event NAME] [--last N]",
      summary: "Show the lines of the server's log.",
      explanation: """
        As they stand there, the oldest first, from all pieces that are not compressed.
        Without --since or --until these are the last \(ControlLogQuery.lastStandard). With -f it goes on with what comes,
        also where the log is rotated, until Ctrl-C (exit status 130) or the server's end
        (\(ExitStatus.unavailable.rawValue) where it stopped, \(ExitStatus.wentAway.rawValue) where it went away).
        \(aboutT)
        With --json each line is an object, as of 'watch', with every field as a string.
        """,
      options: [.follow, .since, .until, .from, .grep, .room, .event, .last],
      example: """
        $ chat-admin log --event login-failed --since 1h
        2026-11-20T20:14:58.001Z login-failed user=bob session=9 address=203.0.113.7
        """
    ) { (arguments) throws(AdminError) in
      var query = try arguments.logQuery(arguments.flag(.json) ? .events : .lines)
      query.isFollowing = arguments.flag(.follow)
      if query.isFollowing, query.until != nil {
        throw AdminError(.usage, "--until ends where --follow goes on: give one of them")
      }
      return .request(.readLog(query))
    },
    AdminVerb(
      "watch", "[--since T] [--from USER] [--grep TEXT] [--room ROOM] [--event NAME] [--last N]",
      summary: "Show what happens, as it happens.",
      explanation: """
        Who comes and goes, what is said, what operators do, warnings: every line of the
        log, with its id, until Ctrl-C (exit status 130) or the server's end (\(ExitStatus.unavailable.rawValue) where it
        stopped, \(ExitStatus.wentAway.rawValue) where it went away). With --since ID it tells first what has happened
        after that id, each once and in order, also after a restart of the server.
        \(aboutT)
        With --json each is an object on a line of its own, with "id", "time", "event" and
        the fields of the log, as strings.
        """,
      options: [.since, .from, .grep, .room, .event, .last],
      example: """
        $ chat-admin watch --since 1042
        2026-11-20 20:15:02  1042.1      joined             room=ops user=bob
        2026-11-20 20:15:09  1043        message            room=ops from=alice  who is on call?
        """
    ) { (arguments) throws(AdminError) in
      var query = try arguments.logQuery(.events)
      query.isFollowing = true
      if query.since == nil, query.last == nil { query.last = 0 }
      return .request(.readLog(query))
    },
  ]

  private static let aboutT = """
    T is a duration ago (90s, 15m, 2h, 3d, 1w), a time (20:15), a date, both
    (2026-11-20T20:15, local, or with Z or +01:00 behind), or an id: --since begins
    at that time or after that id. --from takes what names USER as from, user or by.
    """
}

extension VerbArguments {
  func logQuery(_ form: ControlLogQuery.Form) throws(AdminError) -> ControlLogQuery {
    var query = ControlLogQuery(form)
    query.since = try moment(.since)
    query.until = try moment(.until)
    query.user = try name(.from, of: "user")
    query.text = text(.grep)
    query.last = try number(.last, 0...1_000_000_000)
    if case .messages = form { return query }
    query.room = try name(.room, of: "room")
    query.event = text(.event)
    guard let event = query.event, !LogEventName.all.contains(event) else { return query }
    let meant = Spelling.nearest(to: event, among: LogEventName.all).map { "; did you mean '\($0)'?" } ?? ""
    throw AdminError(
      .usage, "the log has no event '\(event)', only \(LogEventName.all.joined(separator: ", "))\(meant)")
  }

  private func moment(_ option: Option) throws(AdminError) -> ControlLogQuery.Moment? {
    guard let text = given(option) else { return nil }
    guard let moment = LogMoment().moment(text, isEnd: option.name == Option.until.name) else {
      throw AdminError(.usage, "--\(option.name) cannot be '\(text)'; it is \(LogMoment.rule)")
    }
    return moment
  }
}

extension AdminText {
  func message(_ past: PastMessage) -> String {
    let message = past.message
    let said = message.isAction ? "* \(message.from) \(message.text)" : "\(message.from): \(message.text)"
    return "\(clock.second(past.time))  \(said)"
  }

  /// The columns of ids and of events are as wide as `widths` says, which grow.
  func event(_ event: ControlLogEvent, _ widths: inout EventWidths) -> String {
    let (id, name) = (event.id.description, event.event ?? "damaged")
    widths.id = max(widths.id, id.displayWidth)
    widths.event = max(widths.event, name.displayWidth)
    let fields = event.fields.filter { $0.key != "id" }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    let rest = [fields, event.text ?? ""].filter { !$0.isEmpty }.joined(separator: "  ")
    let time = event.time.map(clock.second) ?? "-".padded(toColumns: 19)
    return "\(time)  \(id.padded(toColumns: widths.id))  \(name.padded(toColumns: widths.event))  \(rest)"
  }
}

/// Wide enough from the first line on for nearly all that come, so that the columns of a stream stay where they are.
struct EventWidths {
  /// `1234567.12`
  var id = 10
  var event = LogEventName.all.map(\.utf8.count).max() ?? 0
}
