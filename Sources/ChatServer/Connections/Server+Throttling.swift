import ChatCore
import ChatProtocol

// Clients that send faster than they may.
extension Server {
  /// Lines may wait and there is no token for them. Whether they do shows when the next token is there.
  func slow(_ connection: Connection) {
    guard connection.framer.bufferedBytes > 0 || connection.inputEnded else {
      connection.throttle.catchUp()
      return
    }
    // Who waits because of others at the same address is no flood.
    if connection.throttle.allows(rate, at: clock.monotonic_us) {
      connection.throttle.catchUp()
    } else {
      connection.throttle.slow(at: clock.monotonic_us)
    }
    guard !connection.isThrottled else { return }
    connection.isThrottled = true
    let wait_ms = rate.interval_us == nil ? Server.slowed_ms : rate.interval_ms
    throttled.append(connection.id, due_ms: clock.monotonic_ms + wait_ms)
  }

  /// After so long it is looked whether a client may go on that its address slows alone.
  private static let slowed_ms: Int64 = 50

  /// Goes on with those who have earned a command, as far as others leave room in the turn, and parts with those who had no pause
  /// for too long.
  func resumeThrottled() {
    while toDecode.count < Server.connectionsPerTurn, let id = throttled.popDue(at: clock.monotonic_ms) {
      guard let connection = connections[id], connection.phase == .open else { continue }
      connection.isThrottled = false
      if connection.throttle.isFlood(at: clock.monotonic_us, patience_ms: patience.flood_ms) {
        depart(connection, .flood)
      } else {
        decodeLater(connection)
      }
    }
  }

  // MARK: Work

  /// What a command may cost, in microseconds, roughly, to count as one: what an answer of a few KiB does, or a message to two hundred.
  static let ordinaryWork = 256
  /// What a turn may do of what clients ask, and half of it of seeing them off, before the rest waits for the next one.
  static let turnWorkMax = 8000
  /// The same for one connection.
  static let connectionTurnWorkMax = 1000

  /// What the server has done so far for those who asked: what the core had to look at, whom it told how much, what is to be written.
  private var workDone: Int {
    core.work &+ outboxes.toldCount >> 4 &+ outboxes.toldBytes >> 11 &+ producedBytes >> 6
  }

  /// Has a connection and its address pay for what `body` does, where that is more than an ordinary command.
  @inline(__always)
  func measuringWork(for connection: Connection, _ body: () -> Void) {
    let before = workDone
    body()
    let work = workDone &- before
    turnWork &+= work
    if work > Server.ordinaryWork { charge(work, to: connection) }
  }

  @inline(never)
  func charge(_ work: Int, to connection: Connection) {
    let excess = Int64(work - Server.ordinaryWork)
    guard excess > 0 else { return }
    _ = connection.throttle.take(excess / Int64(Server.ordinaryWork), rate, at: clock.monotonic_us)
    // All who made the address's work more than ordinary wait for it in the order in which they did; whoever did not goes on.
    connection.mayGoOn_us = connection.origin.work.take(excess, workRate, at: clock.monotonic_us)
  }

  func mayGoOn(_ connection: Connection) -> Bool {
    connection.throttle.allows(rate, at: clock.monotonic_us) && connection.mayGoOn_us <= clock.monotonic_us
  }
}
