/// When the next message of a load goes out, and when there is none any more.
struct Schedule: Equatable {
  enum Pace: Equatable {
    /// Closed loop, as fast as the server goes: the next message goes once no more than this many are on their way.
    case window(Int)
    /// Open loop: this many a second, whether the server keeps up or not.
    case rate(Double)
  }

  enum End: Equatable {
    case messages(Int)
    case seconds(Double)
  }

  var pace: Pace
  var end: End

  /// Whether all messages have been sent, `elapsed_ns` after the first could be.
  func isOver(elapsed_ns: Int64, sent: Int) -> Bool {
    switch end {
    case .messages(let count): sent >= count
    case .seconds(let seconds): Double(elapsed_ns) >= seconds * 1e9
    }
  }

  /// Whether one more goes out now. `deliveriesUnderWay` are those of all messages sent before, `deliveriesEach` what
  /// each of them makes.
  func isDue(elapsed_ns: Int64, sent: Int, deliveriesUnderWay: Int, deliveriesEach: Int) -> Bool {
    if case .messages(let count) = end, sent >= count { return false }
    switch pace {
    case .window(let messages): return deliveriesUnderWay + deliveriesEach <= messages * deliveriesEach
    case .rate(let rate): return Double(sent) < Double(elapsed_ns) / 1e9 * rate
    }
  }

  /// How long to wait for the server before looking again: where messages go by the clock, no longer than a millisecond.
  var patience_ms: Int32 {
    switch pace {
    case .window: 100
    case .rate: 1
    }
  }
}
