import ChatProtocol
import Terminal

// Bans and mutes of the whole server.

extension AdminVerb {
  private static let target = """
    TARGET is a user name, an address, or a network as ADDRESS/BITS. Whatever contains
    a colon or a slash, or only digits and dots, is an address; for a user with such a
    name, use 'users ban' and 'users unban'.
    """

  static let bans = [
    AdminVerb(
      "bans list", summary: "List the server's bans and mutes.",
      details: "'rooms info' shows those of a room.",
      example: """
        $ chat-admin bans list
        TARGET        KIND  TYPE     UNTIL (CET)       LEFT      SINCE (CET)       BY    REASON
        mallory       ban   user     2026-11-27 20:11  6 d 23 h  2026-11-20 20:11  root  spam
        192.0.2.0/24  ban   network  -                 -         2026-11-20 20:11  root  scanners
        """
    ) { (_) throws(AdminError) in .request(.bansList) },
    AdminVerb(
      "bans add", [.init(name: "TARGET", candidates: .user)], options: [[.duration], [.reason]],
      summary: "Ban a user, an address or a network.",
      details: target + """

        A client that connects from a banned address gets the reason and is
        disconnected, and so are the sessions from there. Bans do not apply to the
        control socket. A network that contains this machine's own addresses, or a large
        part of the internet, needs a confirmation: without a terminal, --yes.
        """,
      example: """
        $ chat-admin bans add 192.0.2.0/24 --for 4w --reason "scanners"
        banned 192.0.2.0/24 until 2026-12-18 20:11 CET (28 d left); 3 sessions closed
        """
    ) { (arguments) throws(AdminError) in
      .request(.bansAdd(try arguments.userOrAddress(), try arguments.terms()))
    },
    AdminVerb(
      "bans remove", [.init(name: "TARGET", candidates: .restricted(.ban, namesOnly: false))],
      summary: "Lift a ban.",
      details: target + "\nWrite a network as 'bans list' shows it.",
      example: """
        $ chat-admin bans remove 192.0.2.0/24
        unbanned 192.0.2.0/24
        """
    ) { (arguments) throws(AdminError) in .request(.bansRemove(try arguments.userOrAddress())) },
  ]
}

extension ReplyText {
  func bans(_ bans: [Restriction]) -> Table {
    let columns: [Table.Column] = [
      .whole("TARGET"), .whole("KIND"), .whole("TYPE").droppable(2), times("UNTIL").droppable(4), .whole("LEFT"),
      times("SINCE").droppable(1), .whole("BY").droppable(3), .text("REASON"),
    ]
    let rows = bans.map { ban in
      [
        ban.subject.description, ban.kind.rawValue, ban.subject.type, time(ban.until),
        orDash(ban.left(at: clock.now())), time(ban.since), orDash(ban.by), orDash(ban.reason),
      ]
    }
    return Table(columns, rows: rows)
  }

  func restricted(_ restricted: ControlRestricted, isDryRun: Bool) -> String {
    let (ban, sessions) = (restricted.restriction, restricted.sessions)
    if isDryRun {
      return "would ban \(ban.subject) \(end(of: ban)) and \(close(sessions))"
        + (ban.subject.danger.map { "; \($0)" } ?? "")
    }
    let what = "\(ban.subject)\(restricted.isAccount == false ? " (no such account)" : "") \(end(of: ban))"
    return ban.kind == .ban ? "banned \(what); \(closed(sessions))" : "muted \(what); \(notified(sessions))"
  }

  func lifted(_ lifted: ControlRestricted) -> String {
    switch lifted.restriction.kind {
    case .ban: "unbanned \(lifted.restriction.subject)"
    case .mute: "unmuted \(lifted.restriction.subject); \(notified(lifted.sessions))"
    }
  }

  /// In a table; `bans list` shows the rest: `banned, 6 d 23 h left`.
  func short(_ ban: Restriction) -> String {
    (ban.kind == .ban ? "banned" : "muted") + (ban.left(at: clock.now()).map { ", \($0) left" } ?? " until lifted")
  }

  /// Everything about a ban or mute but its subject.
  func terms(of ban: Restriction) -> String {
    end(of: ban) + (ban.by.isEmpty ? "" : ", by \(ban.by)") + (ban.reason.isEmpty ? "" : ": \(ban.reason)")
  }

  private func end(of ban: Restriction) -> String {
    ban.left(at: clock.now()).map { "until \(timeWithZone(ban.until)) (\($0) left)" } ?? "until lifted"
  }
}

extension Restriction.Subject {
  fileprivate var type: String {
    switch self {
    case .user: "user"
    case .addresses(let block): block.isAddress ? "address" : "network"
    }
  }

  /// Why a ban of it may reach further than intended; nil for most.
  var danger: String? {
    guard case .addresses(let block) = self else { return nil }
    if block.coversLoopback { return "\(block) includes addresses of this machine" }
    let isWide = block.length < (block.family == .v4 ? 8 : 16)
    return isWide ? "\(block) is a large part of the internet" : nil
  }
}
