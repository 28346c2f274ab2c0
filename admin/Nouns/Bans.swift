import ChatProtocol
import Terminal

// Bans and mutes of the whole server, and how they read.

extension AdminVerb {
  static let restricting = [
    AdminVerb(
      "users ban", "USER [--for TIME] [--reason TEXT]", summary: "Keep a user out, for a time or until it is lifted.",
      explanation: """
        All sessions are closed with the reason, and nobody comes in under the name: not
        with its password, not as a guest, not by registering it. The ban is on the name,
        whether it has an account or not, and 'users delete' leaves it. A guest may come
        back under another name: 'sessions list' shows its address for 'bans add'.
        The same as 'bans add USER'. Banning who is banned changes time and reason.
        """,
      options: [.duration, .reason],
      example: """
        $ chat-admin users ban mallory --for 7d --reason "spam"
        banned mallory until 2026-11-27 20:11 CET (7 d left); 1 session was closed
        """
    ) { (arguments) throws(AdminError) in .request(.usersBan(try arguments.user(), try arguments.terms())) },
    AdminVerb(
      "users unban", "USER", summary: "Let a banned user in again.",
      example: """
        $ chat-admin users unban mallory
        unbanned mallory
        """, completes: .restricted(.ban, isName: true)
    ) { (arguments) throws(AdminError) in .request(.usersUnban(try arguments.user())) },
    AdminVerb(
      "users mute", "USER [--for TIME] [--reason TEXT]",
      summary: "Let a user only read, for a time or until it is lifted.",
      explanation: """
        Who is muted may come in, join, read and leave, and send nothing that others
        read: no message to a room or to a user, no topic, no reason, no away text, no
        new room. It is on the name, as a ban is.
        """,
      options: [.duration, .reason],
      example: """
        $ chat-admin users mute bob --for 2h --reason "calm down"
        muted bob until 2026-11-20 22:11 CET (2 h left); 1 session was told
        """
    ) { (arguments) throws(AdminError) in .request(.usersMute(try arguments.user(), try arguments.terms())) },
    AdminVerb(
      "users unmute", "USER", summary: "Let a muted user speak again.",
      example: """
        $ chat-admin users unmute bob
        unmuted bob; 1 session was told
        """, completes: .restricted(.mute, isName: true)
    ) { (arguments) throws(AdminError) in .request(.usersUnmute(try arguments.user())) },
  ]

  private static let what = """
    WHAT is a user's name, an address, or a network as ADDRESS/BITS. What has a colon or
    a slash, or is nothing but digits and dots, is an address; for a user who is called
    like one there is 'users ban'.
    """

  static let bans = [
    AdminVerb(
      "bans list", summary: "List all bans and mutes of the server.",
      explanation: "Those of a room are shown by 'rooms info'.",
      example: """
        $ chat-admin bans list
        WHAT          KIND  ON       UNTIL (CET)       LEFT      SINCE (CET)       BY    REASON
        mallory       ban   user     2026-11-27 20:11  6 d 23 h  2026-11-20 20:11  root  spam
        192.0.2.0/24  ban   network  -                 -         2026-11-20 20:11  root  scanners
        """
    ) { (_) throws(AdminError) in .request(.bansList) },
    AdminVerb(
      "bans add", "WHAT [--for TIME] [--reason TEXT]",
      summary: "Keep a user, an address or a network out, for a time or until it is lifted.",
      explanation: what + """

        Who connects from a banned address is told why and closed before anything else, and
        sessions that are connected from there are closed. The control socket is no address:
        nobody is kept from operating the server. A network that holds this machine's own
        addresses, or very many, is asked about, and needs --yes off a terminal.
        """,
      options: [.duration, .reason],
      example: """
        $ chat-admin bans add 192.0.2.0/24 --for 4w --reason "scanners"
        banned 192.0.2.0/24 until 2026-12-18 20:11 CET (28 d left); 3 sessions were closed
        """, completes: .user
    ) { (arguments) throws(AdminError) in .request(.bansAdd(try arguments.nameOrAddress(), try arguments.terms())) },
    AdminVerb(
      "bans remove", "WHAT", summary: "Lift a ban.",
      explanation: what + "\nA network is written as it was banned: 'bans list' shows how.",
      example: """
        $ chat-admin bans remove 192.0.2.0/24
        unbanned 192.0.2.0/24
        """, completes: .restricted(.ban, isName: false)
    ) { (arguments) throws(AdminError) in .request(.bansRemove(try arguments.nameOrAddress())) },
  ]
}

extension AdminText {
  func bans(_ bans: [Restriction]) -> Table {
    let columns: [Table.Column] = [
      .whole("WHAT"), .whole("KIND"), .whole("ON").droppable(2), times("UNTIL").droppable(4), .whole("LEFT"),
      times("SINCE").droppable(1), .whole("BY").droppable(3), .text("REASON"),
    ]
    let rows = bans.map { ban in
      return [
        ban.subject.description, ban.kind.rawValue, ban.subject.what, time(ban.until),
        orDash(ban.left(at: clock.now())),
        time(ban.since), orDash(ban.by), orDash(ban.reason),
      ]
    }
    return Table(columns, rows: rows)
  }

  func restricted(_ restricted: ControlRestricted) -> String {
    let (ban, sessions) = (restricted.restriction, restricted.sessions)
    let what = "\(ban.subject)\(restricted.isAccount == false ? ", which is no account," : "") \(end(of: ban))"
    return ban.kind == .ban ? "banned \(what); \(closed(sessions))" : "muted \(what); \(told(sessions))"
  }

  func lifted(_ lifted: ControlRestricted) -> String {
    switch lifted.restriction.kind {
    case .ban: "unbanned \(lifted.restriction.subject)"
    case .mute: "unmuted \(lifted.restriction.subject); \(told(lifted.sessions))"
    }
  }

  func wouldRestrict(_ restricted: ControlRestricted) -> String {
    let ban = restricted.restriction
    return "would ban \(ban.subject) \(end(of: ban)) and close \(counted(restricted.sessions, "session"))"
      + (ban.subject.danger.map { "; \($0)" } ?? "")
  }

  func end(of ban: Restriction) -> String {
    ban.left(at: clock.now()).map { "until \(timeWithZone(ban.until)) (\($0) left)" } ?? "until it is lifted"
  }

  /// In a table, where `bans list` tells the rest: `banned, 6 d 23 h left`.
  func standing(under ban: Restriction) -> String {
    (ban.kind == .ban ? "banned" : "muted")
      + (ban.left(at: clock.now()).map { ", \($0) left" } ?? " until it is lifted")
  }

  /// All about a ban or mute but what it is on.
  func terms(of ban: Restriction) -> String {
    let by = ban.by.isEmpty ? "" : ", by \(ban.by)"
    return end(of: ban) + by + (ban.reason.isEmpty ? "" : ": \(ban.reason)")
  }

  private func told(_ sessions: Int) -> String {
    sessions == 1 ? "1 session was told" : "\(sessions) sessions were told"
  }
}

extension Restriction.Subject {
  fileprivate var what: String {
    switch self {
    case .user: "user"
    case .addresses(let block): block.isAddress ? "address" : "network"
    }
  }

  /// Why a ban of it may be more than was meant; nil for most.
  fileprivate var danger: String? {
    guard case .addresses(let block) = self else { return nil }
    if block.coversLoopback { return "\(block) holds addresses of this machine itself" }
    let isWide = block.length < (block.family == .v4 ? 8 : 16)
    return isWide ? "\(block) is a large part of the internet" : nil
  }
}

extension ControlRequest {
  /// Why it may do more than was meant, so that it is not done without a yes; nil for most.
  var danger: String? {
    if case .bansAdd(let subject, _) = self { subject.danger } else { nil }
  }
}
