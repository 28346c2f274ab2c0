import ChatProtocol
import POSIX
import Terminal
import Text

// What a reply lists, below its sentence.
extension TerminalDisplay {
  func list(of reply: Reply, at time: Timestamp) -> [String] {
    switch reply.result {
    case .rooms(let rooms, _) where !rooms.isEmpty: lines(of: table(of: rooms))
    case .info(let info): rows(of: info)
    case .who(_, let users, _) where !users.isEmpty: lines(of: table(of: users))
    case .history(_, let messages, _): messages.flatMap { wrapped(line(of: $0, now: localTime(time))) }
    case .files(_, let files, _) where !files.isEmpty: lines(of: table(of: files))
    case .help(let usages) where usages.count == 1: explanation(of: usages[0])
    case .help(let usages): overview(of: usages)
    default: []
    }
  }

  private func table(of rooms: [RoomSummary]) -> Table {
    Table(
      [.whole("ROOM"), .number("MEMBERS"), .whole("ENTRY"), .whole("OWNER"), .text("TOPIC")],
      rows: rooms.map {
        [$0.name.text, "\($0.members)", $0.isLocked ? "locked" : "open", $0.owner?.text ?? "-", $0.topic]
      })
  }

  private func table(of users: [RoomMember]) -> Table {
    Table(
      [.whole("USER"), .whole("STANDING"), .text("")],
      rows: users.map { user in
        let marks = [user.isGuest ? "guest" : nil, user.isMuted ? "muted" : nil, user.away.map { "away: \($0)" }]
        return [user.name.text, user.standing.rawValue, marks.compactMap { $0 }.joined(separator: ", ")]
      })
  }

  private func table(of files: [ListedFile]) -> Table {
    Table(
      [.whole("ID"), .whole("SHARED"), .number("SIZE"), .whole("BY"), .text("NAME")],
      rows: files.map {
        let time = localTime($0.time)
        return [
          "#\($0.file.id)", $0.isUnfinished ? "unfinished" : day(time) + minute(time), ByteCount.words($0.file.size),
          $0.file.from.text, $0.file.name,
        ]
      })
  }

  private func lines(of table: Table) -> [String] {
    table.lines(columnsMax: columns.map { max(0, $0 - 2) }).map { "  \($0)" }
  }

  private func rows(of info: RoomInfo) -> [String] {
    var rows = [
      ("topic", info.summary.topic.isEmpty ? "none" : info.summary.topic),
      ("owner", info.summary.owner?.text ?? "nobody"), ("entry", info.summary.isLocked ? "locked" : "open"),
      ("members", "\(info.summary.members)"),
    ]
    if let created = info.created { rows.append(("created", day(localTime(created)) + minute(localTime(created)))) }
    rows.append(("moderators", listed(info.moderators)))
    if let banned = info.banned { rows.append(("banned", listed(banned))) }
    if let muted = info.muted { rows.append(("muted", listed(muted))) }
    return rows.map { "  \($0.0.padded(toColumns: 10))  \(cleaned($0.1))" }
  }

  /// `  20:11 alice: hello`, with the day before it where that is not today.
  private func line(of past: PastMessage, now: LocalTime) -> String {
    let time = localTime(past.time)
    let when = (time.isSameDay(as: now) ? "" : day(time)) + minute(time)
    return "  \(dimmed(when)) \(line(of: past.message, in: past.message.room))"
  }

  private func listed(_ names: [Name]) -> String {
    names.isEmpty ? "none" : names.map(\.text).joined(separator: ", ")
  }

  /// `2026-11-20 `
  func day(_ time: LocalTime) -> String {
    "\(time.year)-\(twoDigits(time.month))-\(twoDigits(time.day)) "
  }

  /// `20:11`
  func minute(_ time: LocalTime) -> String { "\(twoDigits(time.hour)):\(twoDigits(time.minute))" }
}
