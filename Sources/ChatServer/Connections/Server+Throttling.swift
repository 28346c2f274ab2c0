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
    connection.throttle.slow(at: clock.monotonic_us)
    guard !connection.isThrottled else { return }
    connection.isThrottled = true
    throttled.append(connection.id, due_ms: clock.monotonic_ms + rate.interval_ms)
  }

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
}
