import ChatProtocol
import Terminal

// The connections to the server.

extension AdminVerb {
  static let sessions = [
    AdminVerb(
      "sessions list", summary: "List all connections to the server.",
      explanation: "Bytes of a file travel on a connection of their own, which is in no room.",
      example: """
        $ chat-admin sessions list
        SESSION  USER             FORMAT  ROOM            ADDRESS    CONNECTED (CET)   LAST LINE (CET)   WAITING
             42  alice            json    lobby           127.0.0.1  2026-11-20 20:11  2026-11-20 20:15      0 B
             43  visitor (guest)  text    lobby           127.0.0.1  2026-11-20 20:12  2026-11-20 20:12  1.5 KiB
             44  alice            text    fetching #1046  127.0.0.1  2026-11-20 20:14  2026-11-20 20:14      0 B
        """
    ) { (_) throws(AdminError) in .request(.sessionsList) },
    AdminVerb(
      "sessions close", "SESSION [--reason TEXT]", summary: "Close one connection, with the reason.",
      explanation: """
        SESSION is a number of 'sessions list'. Other sessions of the same user stay open.
        The program 'chat' makes a lost connection again; 'users kick' ends it, and
        'users ban' keeps the user out.
        """,
      options: [.reason],
      example: """
        $ chat-admin sessions close 42 --reason "seen twice"
        closed session 42 of alice; the program chat comes back by itself, and 'chat-admin users ban alice' keeps alice out
        """
    ) { (arguments) throws(AdminError) in
      .request(.sessionsClose(try arguments.session(), reason: arguments.text(.reason)))
    },
  ]
}

extension AdminText {
  func sessions(_ sessions: [ControlSession]) -> Table {
    let columns: [Table.Column] = [
      .number("SESSION"), .whole("USER"), .whole("FORMAT").droppable(2), .whole("ROOM").droppable(5), .whole("ADDRESS"),
      times("CONNECTED").droppable(1), times("LAST LINE").droppable(4), .number("WAITING").droppable(3),
    ]
    let rows = sessions.map { session in
      let user = session.user.map { session.isGuest ? "\($0) (guest)" : $0.text }
      return [
        "\(session.id)", orDash(user), session.dialect.rawValue, place(of: session), session.address,
        time(session.connected), time(session.lastActive), bytes(UInt64(clamping: session.outboxBytes)),
      ]
    }
    return Table(columns, rows: rows)
  }

  private func place(of session: ControlSession) -> String {
    guard let transfer = session.transfer else { return orDash(session.room) }
    return "\(transfer.isUp ? "sending" : "fetching") #\(transfer.file)"
  }

  func sessionClosed(_ session: UInt64, user: Name?) -> String {
    guard let user else { return "closed session \(session), which had not come in" }
    return "closed session \(session) of \(user); the program chat comes back by itself, "
      + "and 'chat-admin users ban \(user)' keeps \(user) out"
  }
}
