/// How many commands a client may send: `commands_per_second` on average, `commands_burst` at once. 0 for either means as many
/// as it likes.
struct CommandRate: Equatable {
  /// nil for no bound.
  let interval_us: Int64?
  /// How long after it was slowed a client surely has earned a command.
  var interval_ms: Int64 { ((interval_us ?? 0) + 999) / 1000 }
  /// How far ahead of the average a client may be.
  let lead_us: Int64

  init(perSecond: Int, burst: Int) {
    guard perSecond > 0, burst > 0 else {
      interval_us = nil
      lead_us = 0
      return
    }
    let interval = max(1, 1_000_000 / Int64(perSecond))
    interval_us = interval
    lead_us = interval * Int64(burst - 1)
  }
}

extension CommandRate {
  /// A minute's at once.
  init(perMinute: Int) {
    interval_us = perMinute > 0 ? max(1, 60_000_000 / Int64(perMinute)) : nil
    lead_us = (interval_us ?? 0) * Int64(max(0, perMinute - 1))
  }
}

/// A bucket of tokens as one number, the time at which the client has earned all commands it sent (known as the generic
/// cell rate algorithm): it may be ahead of that by the burst.
struct Throttle {
  private var earned_us: Int64 = .min / 2
  /// Since when lines wait for a token, with no moment in between at which none did.
  private(set) var slowedSince_us: Int64?

  /// Whether the client may send a command now.
  func allows(_ rate: CommandRate, at now_us: Int64) -> Bool {
    rate.interval_us == nil || earned_us - rate.lead_us <= now_us
  }

  /// Counts a command.
  mutating func take(_ rate: CommandRate, at now_us: Int64) {
    guard let interval = rate.interval_us else { return }
    earned_us = max(earned_us, now_us) + interval
  }

  /// Counts so much at once, and gives the time from which on there may be more.
  mutating func take(_ count: Int64, _ rate: CommandRate, at now_us: Int64) -> Int64 {
    guard let interval = rate.interval_us else { return .min }
    earned_us = max(earned_us, now_us) + interval * min(count, Throttle.count_max)
    return earned_us - rate.lead_us
  }

  /// Nothing counts for more, so that nobody waits for hours.
  private static let count_max: Int64 = 1 << 20

  /// Whether nothing is left of what was counted.
  func isIdle(at now_us: Int64) -> Bool { earned_us <= now_us }

  /// Lines wait for a token.
  mutating func slow(at now_us: Int64) {
    if slowedSince_us == nil { slowedSince_us = now_us }
  }

  /// No line waits.
  mutating func catchUp() { slowedSince_us = nil }

  /// Whether the client was slowed without a pause for so long.
  func isFlood(at now_us: Int64, patience_ms: Int64) -> Bool {
    slowedSince_us.map { now_us - $0 >= patience_ms * 1000 } ?? false
  }
}
