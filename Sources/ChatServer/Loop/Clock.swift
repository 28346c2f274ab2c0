import ChatCore
import ChatProtocol
import POSIX

/// A point in time on the monotonic clock, in microseconds since an arbitrary origin.
struct Instant: Comparable {
  static let distantPast = Instant(microseconds: .min / 2)
  static let distantFuture = Instant(microseconds: .max / 2)

  let microseconds: Int64

  static var now: Instant { Instant(microseconds: SystemClock.monotonicNanoseconds / 1000) }

  var nanoseconds: Int64 { microseconds * 1000 }

  @inline(__always)
  static func < (one: Instant, other: Instant) -> Bool { one.microseconds < other.microseconds }
  static func + (start: Instant, duration: Duration) -> Instant {
    Instant(microseconds: start.microseconds + duration.microseconds)
  }
  static func - (end: Instant, start: Instant) -> Duration { .microseconds(end.microseconds - start.microseconds) }
}

extension Duration {
  var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
  /// For poll(2) and epoll_wait(2): rounded up, so that nothing is due too early.
  var pollMilliseconds: Int32 { Int32(clamping: max(0, (microseconds + 999) / 1000)) }
}

/// The time of a turn. All that happens in one turn happens at the same time.
struct Clock {
  /// What the core gets.
  private(set) var time = Clock.systemTime
  /// The wall clock: it labels, and jumps when it is set.
  var now: Timestamp { time.wall }
  /// What durations are measured with: it never jumps.
  private(set) var instant = Instant.now

  private static var systemTime: TurnTime {
    TurnTime(
      wall: Timestamp(milliseconds: SystemClock.nowMilliseconds),
      steady: SteadyTime(milliseconds: SystemClock.uptimeMilliseconds))
  }

  /// What the wall clock calls a past instant.
  func timestamp(of past: Instant) -> Timestamp { now.adding(milliseconds: (past - instant).microseconds / 1000) }

  mutating func advance() {
    time = Clock.systemTime
    instant = .now
  }
}

/// Timeouts and bounds for clients that misbehave, where no setting has them. Tests use shorter ones.
package struct Timeouts: Sendable {
  /// How long a client that may be plaintext is silent before it is greeted: a TLS client speaks first.
  package var silence = Duration.milliseconds(200)
  /// How long the first byte of another client, or a proxy's header, may take.
  package var firstBytes = Duration.seconds(3)
  /// How long a TLS handshake may take.
  package var handshake = Duration.seconds(10)
  /// A client that is throttled without a pause for this long is closed.
  package var flood = Duration.seconds(30)
  /// How long the output of a connection that closes may take, and then how long the client may take to close its side.
  package var lastOutput = Duration.seconds(2)
  /// How long helper threads may take to end when the server stops.
  package var helpers = Duration.seconds(2)
  /// A transfer that moves next to nothing for this long is cut.
  package var transferStall = Duration.seconds(30)
  /// A client of the control socket that takes nothing of its answer for this long is closed.
  package var control = Duration.seconds(30)
  /// The same within an answer in parts, of which the server holds one: a person may read it page by page.
  package var controlPart = Duration.seconds(600)
  /// A client that takes nothing of a backup for this long is closed, so that another backup can start.
  package var backup = Duration.seconds(60)

  /// The memory for answers that clients of the control socket do not read. One alone may be larger.
  package var controlBytes = 64 << 20
  /// The lines of the last turns that are retained for clients that follow the log. One that is further behind reads the files.
  package var followedBytes = 4 << 20

  package init() {}
}
