import ChatProtocol
import Terminal
import Text

/// The row above the line being typed: `alice · ops, 3 members · lobby +2 · garden +1! · 12 ms`.
struct StatusLine {
  private static let separator = " · "

  private let overview: Overview
  private let isStyled: Bool

  init(_ overview: Overview, isStyled: Bool) {
    self.overview = overview
    self.isStyled = isStyled
  }

  /// One row. Its last column is empty: a terminal that gets narrower would wrap the row there.
  func text(columns: Int) -> String {
    let isConnected = overview.connection == .connected
    let lag = isConnected ? overview.lagMilliseconds.map { "lag \(Self.duration($0))" } : nil
    let parts = ([connection, overview.user?.text, currentRoom] + unread + [lag]).compactMap(\.self)
    let columns = max(1, columns - 1)
    let text = "── \(parts.joined(separator: Self.separator)) ".truncated(toColumns: columns)
    let rule = String(repeating: "─", count: max(0, columns - text.displayWidth))
    return (isConnected ? Style.dim : .bold).applied(to: text + rule, enabled: isStyled)
  }

  private var connection: String? {
    switch overview.connection {
    case .connecting: "connecting…"
    case .connected: nil
    case .lost(let attempt):
      if let seconds = overview.nextAttemptSeconds {
        "no connection, attempt \(attempt) in \(seconds) s"
      } else {
        attempt > 1 ? "no connection, attempt \(attempt)" : "no connection"
      }
    }
  }

  private var currentRoom: String? {
    guard let current = overview.current else { return nil }
    guard let members = overview[current]?.members else { return current.text }
    return "\(current), \(members) member\(members == 1 ? "" : "s")"
  }

  /// The other rooms with unread messages. Those with a mention come first: a narrow window has room for few.
  private var unread: [String] {
    let others = overview.rooms.filter { $0.unread > 0 && $0.name != overview.current }
    return (others.filter(\.isMentioned) + others.filter { !$0.isMentioned }).map {
      "\($0.name) +\($0.unread)\($0.isMentioned ? "!" : "")"
    }
  }

  private static func duration(_ milliseconds: Int64) -> String {
    milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }
}

/// The row of a transfer: `↑ plan.pdf ━━━━━━━━━───────────  43 %  12.3 MiB/s  4 s left`.
struct ProgressRow {
  private static let barColumns = 20

  private let progress: TransferProgress
  private let isStyled: Bool

  init(_ progress: TransferProgress, isStyled: Bool) {
    self.progress = progress
    self.isStyled = isStyled
  }

  func text(columns: Int) -> String {
    let end =
      switch progress.state {
      case .reading(_, 0): "reading"
      case .reading(let done, let size): "reading, \(min(100, done * 100 / size)) %"
      case .waiting(let reason): "waiting: \(reason)"
      case .moving(let done, let size, let bytesPerSecond): Self.moving(done, of: size, bytesPerSecond)
      }
    let nameColumnsMax = max(8, columns - 4 - end.displayWidth)
    let row = "\(progress.isSending ? "↑" : "↓") \(progress.name.truncated(toColumns: nameColumnsMax)) \(end)"
    return Style.dim.applied(to: CleanText.string(from: row).truncated(toColumns: columns - 1), enabled: isStyled)
  }

  private static func moving(_ done: UInt64, of size: UInt64, _ bytesPerSecond: UInt64) -> String {
    let full = Int(done * UInt64(barColumns) / size)
    let bar = String(repeating: "━", count: full) + String(repeating: "─", count: barColumns - full)
    let percent = "\(done * 100 / size) %".padded(toColumns: 5, .trailing)
    guard done < size else { return "\(bar) \(percent)  verifying" }
    let text = "\(bar) \(percent)  \(ByteCount.words(bytesPerSecond))/s"
    guard bytesPerSecond > 0 else { return text }
    let secondsLeft = Int64(clamping: (size - done - 1) / bytesPerSecond + 1)
    return text + "  \(TimeSpan.words(seconds: secondsLeft)) left"
  }
}
