import ChatProtocol
import Terminal

extension AdminVerb {
  static let sessions = [
    AdminVerb(
      "sessions list", summary: "List all connections.",
      details: "A file transfer has a connection of its own, which is in no room.",
      example: """
        $ chat-admin sessions list
        SESSION  USER             FORMAT  ROOM               ADDRESS    CONNECTED (CET)   LAST LINE (CET)    QUEUED
             42  alice            json    lobby              127.0.0.1  2026-11-20 20:11  2026-11-20 20:15      0 B
             43  visitor (guest)  text    lobby              127.0.0.1  2026-11-20 20:12  2026-11-20 20:12  1.5 KiB
             44  alice            text    downloading #1046  127.0.0.1  2026-11-20 20:14  2026-11-20 20:14      0 B
        """
    ) { (_) throws(AdminError) in .request(.sessionsList) },
    AdminVerb(
      "sessions close", [.init(name: "SESSION")], options: [[.reason]], summary: "Close one connection.",
      details: """
        SESSION is a number from 'sessions list'. Other sessions of the user stay open.
        The client 'chat' reconnects by itself, except after 'users kick'; 'users ban'
        keeps the user out.
        """,
      example: """
        $ chat-admin sessions close 42 --reason "duplicate login"
        closed session 42 of alice; the client chat reconnects by itself, 'chat-admin users ban alice' prevents that
        """
    ) { (arguments) throws(AdminError) in
      .request(.sessionsClose(try arguments.session(), reason: arguments.text(.reason)))
    },
  ]
}

extension ReplyText {
  func sessions(_ sessions: [ControlSession]) -> Table {
    let columns: [Table.Column] = [
      .number("SESSION"), .whole("USER"), .whole("FORMAT").droppable(2), .whole("ROOM").droppable(5), .whole("ADDRESS"),
      times("CONNECTED").droppable(1), times("LAST LINE").droppable(4), .number("QUEUED").droppable(3),
    ]
    let rows = sessions.map { session in
      let user = session.user.map { session.isGuest ? "\($0) (guest)" : $0.text }
      let transfer = session.transfer.map { "\($0.isUp ? "uploading" : "downloading") #\($0.file)" }
      return [
        "\(session.id)", orDash(user), session.dialect.rawValue, transfer ?? orDash(session.room), session.address,
        time(session.connected), time(session.lastActive), bytes(session.outboxBytes),
      ]
    }
    return Table(columns, rows: rows)
  }

  func sessionClosed(_ session: UInt64, user: Name?, isDryRun: Bool) -> String {
    let what = "session \(session)" + (user.map { " of \($0)" } ?? " (not logged in)")
    guard !isDryRun, let user else { return isDryRun ? "would close \(what)" : "closed \(what)" }
    return "closed \(what); the client chat reconnects by itself, 'chat-admin users ban \(user)' prevents that"
  }
}
