import ChatProtocol
import Terminal

// The connections to the server.

extension AdminVerb {
  static let sessions = [
    AdminVerb(
      "sessions list", summary: "List all connections to the server.",
      example: """
        $ chat-admin sessions list
        SESSION  USER             FORMAT  ROOM   ADDRESS    CONNECTED         LAST LINE         WAITING
             42  alice            json    lobby  127.0.0.1  2026-11-20 20:11  2026-11-20 20:15      0 B
             43  visitor (guest)  text    lobby  127.0.0.1  2026-11-20 20:12  2026-11-20 20:12  1.5 KiB
        """
    ) { (_) throws(AdminFailure) in .request(.sessionsList) }
  ]
}

extension AdminText {
  func sessions(_ sessions: [ControlSession]) -> Table {
    let columns: [Table.Column] = [
      .number("SESSION"), .whole("USER"), .whole("FORMAT"), .whole("ROOM"), .whole("ADDRESS"), .whole("CONNECTED"),
      .whole("LAST LINE"), .number("WAITING"),
    ]
    let rows = sessions.map { session in
      let user = session.user.map { session.isGuest ? "\($0) (guest)" : $0.text }
      return [
        "\(session.id)", orDash(user), session.dialect.rawValue, orDash(session.room), session.address,
        time(session.connected), time(session.lastActive), bytes(UInt64(clamping: session.outboxBytes)),
      ]
    }
    return Table(columns, rows: rows)
  }
}
