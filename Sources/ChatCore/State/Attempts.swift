import ChatProtocol

/// How often each address did a thing within the last minute, where that is bounded.
///
/// Addresses that did nothing for a minute are forgotten, so that the table holds no more than a minute's worth of them.
struct Attempts: Sendable {
  private var window: [String: Count] = [:]

  private struct Count: Sendable {
    var began: Timestamp
    var count: Int
  }

  static let windowMilliseconds: Int64 = 60_000

  /// Whether `address` may do it once more besides so many that are under way; `bound` 0 is none.
  func allows(_ address: String, bound: Int, besides underWay: Int = 0, at now: Timestamp) -> Bool {
    guard bound > 0 else { return true }
    let done = window[address].map { Attempts.isOver($0, at: now) ? 0 : $0.count } ?? 0
    return done + underWay < bound
  }

  mutating func note(_ address: String, at now: Timestamp) {
    if let count = window[address], !Attempts.isOver(count, at: now) {
      window[address]!.count = count.count + 1
    } else {
      window[address] = Count(began: now, count: 1)
    }
  }

  /// Whole seconds until `address` may try again.
  func secondsToWait(_ address: String, at now: Timestamp) -> Int64 {
    guard let count = window[address] else { return 0 }
    return max(1, (count.began.milliseconds + Attempts.windowMilliseconds - now.milliseconds + 999) / 1000)
  }

  mutating func forgetOld(at now: Timestamp) {
    guard !window.isEmpty else { return }
    window = window.filter { !Attempts.isOver($0.value, at: now) }
  }

  private static func isOver(_ count: Count, at now: Timestamp) -> Bool {
    now.milliseconds - count.began.milliseconds >= windowMilliseconds
  }
}
