/// How fast something goes on, by what was done in the last few seconds: what stands still shows as that.
struct TransferRate {
  private static let window_ns: Int64 = 4_000_000_000
  private static let spacing_ns: Int64 = 500_000_000

  /// The first is the last one from before the window, once there is one.
  private var samples: [(time_ns: Int64, done: UInt64)]

  /// `now_ns` is of a clock that never jumps.
  init(from done: UInt64, at now_ns: Int64) { samples = [(now_ns, done)] }

  mutating func bytesPerSecond(done: UInt64, at now_ns: Int64) -> UInt64 {
    if now_ns - samples[samples.count - 1].time_ns >= Self.spacing_ns { samples.append((now_ns, done)) }
    while samples.count > 1, now_ns - samples[1].time_ns >= Self.window_ns { samples.removeFirst() }
    let elapsed_ms = max(1, (now_ns - samples[0].time_ns) / 1_000_000)
    return (done - min(done, samples[0].done)) * 1000 / UInt64(elapsed_ms)
  }
}
