import ChatProtocol

/// How often each ban of addresses has turned somebody away, so that the log says it once a minute however many connect.
struct TurnedAway {
  private struct Count {
    var began_ms: Int64
    /// Since the last line of the log.
    var unsaid: Int
  }

  private var counts: [Restriction.Subject: Count] = [:]

  private static let line_ms: Int64 = 60_000

  /// True for the first one within a minute, which is told at once.
  mutating func note(_ ban: Restriction.Subject, at now_ms: Int64) -> Bool {
    if counts[ban] == nil {
      counts[ban] = Count(began_ms: now_ms, unsaid: 0)
      return true
    }
    counts[ban]!.unsaid += 1
    return false
  }

  /// What the minutes that are over have to tell. Those without anybody are forgotten.
  mutating func takeDue(at now_ms: Int64) -> [(ban: Restriction.Subject, count: Int)] {
    var due: [(ban: Restriction.Subject, count: Int)] = []
    for (ban, count) in counts where now_ms - count.began_ms >= TurnedAway.line_ms {
      if count.unsaid > 0 { due.append((ban, count.unsaid)) }
      counts[ban] = count.unsaid > 0 ? Count(began_ms: now_ms, unsaid: 0) : nil
    }
    return due
  }
}
