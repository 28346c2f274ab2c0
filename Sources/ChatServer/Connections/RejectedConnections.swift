import ChatCore
import ChatProtocol

/// How often somebody was turned away at the door, by the reason, so that the log says it once a minute however many connect.
struct RejectedConnections {
  enum Reason: Hashable {
    case banned(Restriction.Subject)
    /// The server has all the connections that it may have.
    case full
    /// The address has.
    case tooMany(Network)
    /// The address makes more a minute than it may.
    case tooFast(Network)
    /// All reasons beyond those that are counted one by one.
    case others
  }

  private struct Count {
    var began_ms: Int64
    /// Since the last line of the log.
    var unsaid: Int
    /// The first that was turned away.
    let address: String
  }

  private var counts: [Reason: Count] = [:]

  private static let line_ms: Int64 = 60_000
  /// Somebody who comes from very many addresses fills neither the memory nor the log.
  private static let reasons_max = 256

  /// True for the first one within a minute, which is told at once.
  mutating func note(_ reason: Reason, _ address: String, at now_ms: Int64) -> Bool {
    let reason = counts[reason] == nil && counts.count >= RejectedConnections.reasons_max ? .others : reason
    if counts[reason] == nil {
      counts[reason] = Count(began_ms: now_ms, unsaid: 0, address: address)
      return reason != .others
    }
    counts[reason]!.unsaid += 1
    return false
  }

  /// What the minutes that are over have to tell. Those without anybody are forgotten.
  mutating func takeDue(at now_ms: Int64) -> [(reason: Reason, address: String, count: Int)] {
    var due: [(reason: Reason, address: String, count: Int)] = []
    for (reason, count) in counts where now_ms - count.began_ms >= RejectedConnections.line_ms {
      if count.unsaid > 0 { due.append((reason, count.address, count.unsaid)) }
      counts[reason] = count.unsaid > 0 ? Count(began_ms: now_ms, unsaid: 0, address: count.address) : nil
    }
    return due
  }
}

extension RejectedConnections.Reason {
  /// As it stands in the log; with the address where the reason is the address's.
  func fields(address: String?) -> [LogRecord.Field] {
    let whose: [LogRecord.Field] = address.map { [.init("address", $0)] } ?? []
    return switch self {
    case .banned(let subject): [.init("ban", subject.description)]
    case .full: [.init("bound", "sessions")]
    case .tooMany: whose + [.init("bound", "sessions_per_address")]
    case .tooFast: whose + [.init("bound", "connections_per_minute")]
    case .others: [.init("bound", "others")]
    }
  }
}
