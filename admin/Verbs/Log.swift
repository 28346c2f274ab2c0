import ChatProtocol
import Terminal
import Text

// Notices, messages, and the lines of the log.

extension AdminVerb {
  static let say = AdminVerb(
    "say", [.room, .init(name: "TEXT")], options: [[.user, .everyone]],
    usage: "ROOM TEXT | --user USER TEXT | --all TEXT", summary: "Send a notice to a room, a user or everyone.",
    details: """
      TEXT is the rest of the line. Notices to a room or to everyone are in the log;
      notices to one user are not.
      """,
    example: """
      $ chat-admin say --all "back in five minutes"
      sent to 12 sessions
      """
  ) { (arguments) throws(AdminError) in
    let audience: ControlAudience
    if arguments.flag(.everyone) {
      audience = .all
    } else if let user = try arguments.name(.user, of: "user") {
      audience = .user(user)
    } else {
      audience = .room(try arguments.room())
    }
    return .request(.say(audience, try arguments.remainingText()))
  }

  static let log = [
    AdminVerb(
      "messages", [.room], options: [[.since], [.until], [.from], [.grep], [.last]],
      summary: "Show the messages of a room.",
      details: """
        Oldest first, from the log and its rotated pieces, except compressed ones.
        Without --since or --until, the last \(ControlLogQuery.defaultLast).
        \(bounds)
        Messages of a deleted room, or of an earlier room with the same name, are shown
        as long as the log has them. Private messages are not in the log.
        """,
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
      "log", options: [[.follow], [.since], [.until], [.from], [.grep], [.room], [.event], [.last]],
      summary: "Show lines of the server log.",
      details: """
        Unchanged and oldest first, from all pieces that are not compressed. Without
        --since or --until, the last \(ControlLogQuery.defaultLast). With -f it keeps printing new lines, across
        rotations, until Ctrl-C (exit status 130) or the end of the server
        (\(ExitStatus.unavailable.rawValue) if it stopped, \(ExitStatus.wentAway.rawValue) if the connection was lost).
        \(bounds)
        With --json each line is an object as of 'watch', with every field as a string.
        """,
      example: """
        $ chat-admin log --event login-failed --since 1h
        2026-11-20T20:14:58.001Z login-failed user=bob session=9 address=203.0.113.7
        """
    ) { (arguments) throws(AdminError) in
      var query = try arguments.logQuery(arguments.flag(.json) ? .events : .lines)
      query.isFollowing = arguments.flag(.follow)
      if query.isFollowing, query.until != nil {
        throw AdminError(.usage, "--follow and --until exclude each other; give one of them")
      }
      return .request(.readLog(query))
    },
    AdminVerb(
      "watch", options: [[.since], [.from], [.grep], [.room], [.event], [.last]],
      summary: "Show events as they happen.",
      details: """
        Every new line of the log with its id: logins, messages, operators' actions,
        warnings. It ends with Ctrl-C (exit status 130) or with the server (\(ExitStatus.unavailable.rawValue) if it
        stopped, \(ExitStatus.wentAway.rawValue) if the connection was lost). With --since ID it first shows every
        event after that id, once and in order, also after a restart of the server.
        \(bounds)
        With --json each event is an object on a line of its own, with "id", "time",
        "event" and the fields of the log line, as strings.
        """,
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

  private static let bounds = """
    T is a duration ago (90s, 15m, 2h, 3d, 1w), a time (20:15), a date, both
    (2026-11-20T20:15, local unless Z or +01:00 follows), or an id. --since starts at
    that time or after that id. --from matches USER as from, user or by.
    """
}

extension VerbArguments {
  fileprivate func logQuery(_ form: ControlLogQuery.Form) throws(AdminError) -> ControlLogQuery {
    var query = ControlLogQuery(form)
    query.since = try bound(.since)
    query.user = try name(.from, of: "user")
    query.text = text(.grep)
    query.last = try number(.last, in: 0...1_000_000_000)
    query.until = try bound(.until)
    if case .messages = form { return query }
    query.room = try name(.room, of: "room")
    query.event = text(.event)
    guard let event = query.event, !LogEventName.all.contains(event) else { return query }
    let suggestion = Spelling.nearest(to: event, among: LogEventName.all).map { "; did you mean '\($0)'?" } ?? ""
    throw AdminError(
      .usage,
      "unknown log event '\(event)'; the events are \(LogEventName.all.joined(separator: ", "))\(suggestion)")
  }

  private func bound(_ option: Option) throws(AdminError) -> ControlLogQuery.Moment? {
    guard let text = value(option) else { return nil }
    guard let bound = LogBoundParser().parse(text, isEnd: option == .until) else {
      throw AdminError(.usage, "--\(option.name) cannot be '\(text)'; give \(LogBoundParser.rule)")
    }
    return bound
  }
}

extension ReplyText {
  func message(_ past: PastMessage) -> String {
    let message = past.message
    let text = message.isAction ? "* \(message.from) \(message.text)" : "\(message.from): \(message.text)"
    return "\(clock.second(past.time))  \(text)"
  }

  /// `widths` are those of the columns of ids and events; they grow where needed.
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

/// Wide enough from the first line for nearly all that follow, so that the columns of a stream stay in place.
struct EventWidths {
  /// `1234567.12`
  var id = 10
  var event = LogEventName.all.map(\.utf8.count).max() ?? 0
}
