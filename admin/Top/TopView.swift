import ChatProtocol
import Terminal
import Text

/// The screen of `top`, as lines for a size.
struct TopView {
  /// nil for any number.
  var rows: Int?
  var columns: Int
  /// Whether lines are cut to the width.
  var isCut: Bool
  /// Replaces the clock: a warning that the figures are old.
  var note: String?

  private static let labelWidth = 10
  private static let rateWidth = 9
  private static let totalWidth = 14
  private static let sampleCount = 60

  private let text: ReplyText

  /// Without `columns` it is laid out for 80 columns, and nothing is cut.
  init(columns: Int?, rows: Int? = nil, note: String? = nil, clock: WallClock = .local) {
    text = ReplyText(clock: clock)
    self.columns = columns ?? 80
    isCut = columns != nil
    self.rows = rows
    self.note = note
  }

  func lines(_ top: ControlTop) -> [ScreenLine] {
    let head = head(top)
    let lists = fitted(
      [busiestRooms(top.busiestRooms), slowestSessions(top.slowestSessions), warnings(top.warnings)],
      into: rows.map { $0 - head.count })
    return (head + lists).prefix(rows ?? .max).map { line in
      let text = CleanText.string(from: line.text)
      return ScreenLine(isCut ? text.truncated(toColumns: columns) : text, line.style)
    }
  }

  // MARK: The head

  private func head(_ top: ControlTop) -> [ScreenLine] {
    let status = top.status
    let name = "chat-server \(status.version) at \(status.address), data \(status.data)"
    let clock =
      "up \(text.age(of: status.started, at: status.now))  \(text.clock.timeOfDay(status.now)) \(text.clock.zone(status.now))"
    var lines = [ScreenLine(leftAndRight(name, note ?? clock), .bold)]
    lines.append(
      ScreenLine(
        "sessions \(status.sessions)  users \(status.present)  accounts \(status.accounts)  rooms \(status.rooms)  "
          + "memory \(text.bytes(status.memory))" + (status.files.map { "  transfers \($0.up + $0.down)" } ?? "")))
    lines += problems(status).map { ScreenLine($0, Self.problem) }
    lines.append(ScreenLine(""))
    lines += rates(top)
    if let queues = status.queues {
      lines.append(
        ScreenLine(
          text.pending(queues, pendingHashes: status.pendingHashes) + ", "
            + "\(text.counted(queues.heldTurns, "turn")) pending"))
    }
    return lines
  }

  private static let problem = Style(isBold: true, color: 160)

  private func problems(_ status: ControlStatus) -> [String] {
    var problems = status.recordingError.map { ["NOT RECORDING: \($0)"] } ?? []
    problems += (status.disk?.snapshotFaults ?? []).map { "NOT WRITTEN: \($0)" }
    if let fault = status.faults.first { problems.append("ERROR: \(fault)") }
    return problems
  }

  private func rates(_ top: ControlTop) -> [ScreenLine] {
    guard let rates = top.status.rates else { return [] }
    // Bars beside the numbers if there is room for all of them, else below, for messages only.
    let besideWidth = Self.labelWidth + 3 * Self.rateWidth + Self.totalWidth + 2
    let isBeside = columns >= besideWidth + Self.sampleCount
    func line(_ label: String, _ rate: ControlRate, _ samples: [Int]) -> ScreenLine {
      let means = text.means(of: rate, in: top.status)
      let numbers = row(label, "\(rate.lastSecond)", means.tenSeconds, means.minute, "\(rate.total)")
      return ScreenLine(isBeside ? "\(numbers)  \(Sparkline.text(samples, columns: Self.sampleCount))" : numbers)
    }
    let lines = [
      ScreenLine(row("", "/s", "10 s", "60 s", "TOTAL"), .dim),
      line("messages", rates.messages, top.samples.messages),
      line("delivered", rates.deliveries, top.samples.deliveries),
      line("connected", rates.connections, top.samples.connections),
    ]
    let label = "messages/s  "
    let bars = Sparkline.text(top.samples.messages, columns: min(Self.sampleCount, columns - label.count))
    return isBeside ? lines : lines + [ScreenLine(label + bars)]
  }

  private func row(_ label: String, _ second: String, _ ten: String, _ minute: String, _ total: String) -> String {
    label.padded(toColumns: Self.labelWidth)
      + [second, ten, minute].map { $0.padded(toColumns: Self.rateWidth, .trailing) }.joined()
      + total.padded(toColumns: Self.totalWidth, .trailing)
  }

  /// One at the left and one at the right; the left one is cut.
  private func leftAndRight(_ left: String, _ right: String) -> String {
    let room = max(0, columns - right.displayWidth - 2)
    return (isCut ? left.truncated(toColumns: room) : left).padded(toColumns: room) + (room > 0 ? "  " : "") + right
  }

  // MARK: The lists

  private struct List {
    var header: String
    var rows: [String]
  }

  private func busiestRooms(_ rooms: [ControlBusyRoom]) -> List {
    let columns: [Table.Column] = [.whole("BUSIEST ROOM"), .number("MEMBERS"), .number("MESSAGES/MIN")]
    let rows = rooms.map { [$0.room.text, "\($0.members)", "\($0.messagesPerMinute)"] }
    return list(Table(columns, rows: rows), orSay: "no recent messages")
  }

  private func slowestSessions(_ sessions: [ControlSession]) -> List {
    let columns: [Table.Column] = [
      .whole("SLOWEST CLIENT"), .number("SESSION"), .whole("ROOM"), .whole("ADDRESS"), .number("QUEUED"),
    ]
    let rows = sessions.map { session in
      [
        text.orDash(session.user), "\(session.id)", text.orDash(session.room), session.address,
        text.bytes(session.outboxBytes),
      ]
    }
    return list(Table(columns, rows: rows), orSay: "no slow clients")
  }

  private func list(_ table: Table, orSay nothing: String) -> List {
    var lines = table.lines(columnsMax: isCut ? columns : nil)
    let header = lines.removeFirst()
    return List(header: header, rows: table.isEmpty ? [nothing] : lines)
  }

  /// Newest first, so that the older ones are left out.
  private func warnings(_ warnings: [ControlWarning]) -> List {
    List(
      header: "LATEST WARNING",
      rows: warnings.isEmpty
        ? ["none since the start"]
        : warnings.reversed().map { "\(text.clock.timeOfDay($0.time))  \($0.event): \($0.text)" }
    )
  }

  /// Each list gets its header and a row if there is room; the rest is shared row by row.
  private func fitted(_ lists: [List], into rowsMax: Int?) -> [ScreenLine] {
    var left = rowsMax ?? .max
    var shown = lists.map { _ in 0 }
    // An empty line, the header, a row.
    for index in lists.indices where left >= 3 {
      shown[index] = 1
      left -= 3
    }
    while left > 0 {
      let wanting = lists.indices.filter { shown[$0] > 0 && shown[$0] < lists[$0].rows.count }
      if wanting.isEmpty { break }
      for index in wanting.prefix(left) { shown[index] += 1 }
      left -= min(left, wanting.count)
    }
    return zip(lists, shown).filter { $0.1 > 0 }.flatMap { list, count in
      [ScreenLine(""), ScreenLine(list.header, .bold)] + list.rows.prefix(count).map { ScreenLine($0) }
    }
  }
}
