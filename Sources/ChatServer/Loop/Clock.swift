import ChatCore
import ChatProtocol
import POSIX

/// The time of a turn. All that happens in one turn happens at the same time.
struct Clock {
  /// What the core is told.
  private(set) var time = Clock.systemTime
  /// What the wall clock shows: it labels, and jumps when somebody sets it.
  var now: Timestamp { time.wall }
  /// What durations are measured with: it never jumps.
  private(set) var monotonic_us: Int64

  var monotonic_ms: Int64 { monotonic_us / 1000 }

  init() {
    monotonic_us = SystemClock.monotonic_ns / 1000
  }

  private static var systemTime: TurnTime {
    TurnTime(
      wall: Timestamp(milliseconds: SystemClock.now_ms), steady: SteadyTime(milliseconds: SystemClock.uptime_ms))
  }

  /// What the wall clock calls a moment that is past.
  func label(monotonic_us past: Int64) -> Timestamp { now.adding(milliseconds: (past - monotonic_us) / 1000) }

  mutating func advance() {
    time = Clock.systemTime
    monotonic_us = SystemClock.monotonic_ns / 1000
  }
}

/// How long, and how much, the server bears with clients that misbehave, where no setting says it. Tests have less of it.
package struct Timeouts: Sendable {
  /// Slowed without a pause for this long, a client that sends too much is closed.
  package var flood_ms: Int64 = 30_000
  /// How long what was queued for a client may take to go out, and then the client to close its side.
  package var lastWords_ms: Int64 = 2000
  /// When the server ends: how long helper threads may take to break off what they do for clients.
  package var helpers_ms: Int64 = 2000
  /// A transfer of which next to nothing moved for so long is cut.
  package var transferStall_ms: Int64 = 30_000
  /// A client of the control socket that takes nothing of its answer for this long is closed.
  package var control_ms: Int64 = 30_000
  /// The same within an answer in parts, of which no more than one is held: it may be a person who reads page by page.
  package var controlPart_ms: Int64 = 600_000
  /// A client that takes nothing of a backup for this long is closed, so that another may be taken.
  package var backup_ms: Int64 = 60_000

  /// What answers may take that clients of the control socket do not read. One alone may be longer: a list is as long as it is.
  package var controlBytes = 64 << 20

  /// The lines of the last turns that are kept for those who follow the log; who is further behind is told from its files.
  package var followedBytes = 4 << 20

  package init() {}
}
