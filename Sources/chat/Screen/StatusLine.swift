import ChatProtocol
import Terminal

/// The row above the line being typed: `alice · ops, 3 members · lobby +2 · garden +1! · 12 ms`.
struct StatusLine {
  private static let separator = " · "

  private let overview: Overview
  private let isStyled: Bool

  init(_ overview: Overview, isStyled: Bool) {
    self.overview = overview
    self.isStyled = isStyled
  }

  /// One row, with nothing in its last column: a terminal that is made narrower would break it there.
  func text(columns: Int) -> String {
    let left = ([connection, overview.user?.text, place] + unread).compactMap(\.self)
    let lag = overview.connection == .connected ? overview.lag_ms.map { "lag \(Self.duration($0))" } : nil
    let columns = max(1, columns - 1)
    let full = "── " + (left + [lag].compactMap(\.self)).joined(separator: Self.separator) + " "
    let text = full.truncated(toColumns: columns)
    let rule = String(repeating: "─", count: max(0, columns - text.displayWidth))
    let style = overview.connection == .connected ? Style.dim : Style.bold
    return style.applied(to: text + rule, enabled: isStyled)
  }

  private var connection: String? {
    switch overview.connection {
    case .connecting: "connecting…"
    case .connected: nil
    case .lost(let attempt):
      if let seconds = overview.nextAttempt_s {
        "no connection, attempt \(attempt) in \(seconds) s"
      } else {
        attempt > 1 ? "no connection, attempt \(attempt)" : "no connection"
      }
    }
  }

  private var place: String? {
    guard let current = overview.current else { return nil }
    guard let members = overview[current]?.members else { return current.text }
    return "\(current), \(members) member\(members == 1 ? "" : "s")"
  }

  /// Rooms in which something was said; those where one was called first, since a narrow window has room for few.
  private var unread: [String] {
    let others = overview.places.filter { $0.unread > 0 && $0.room != overview.current }
    return (others.filter(\.isCalled) + others.filter { !$0.isCalled }).map {
      "\($0.room) +\($0.unread)\($0.isCalled ? "!" : "")"
    }
  }

  private static func duration(_ milliseconds: Int64) -> String {
    milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }
}
