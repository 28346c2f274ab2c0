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
    if !connection.isThrottled {
      connection.isThrottled = true
      throttled.append(connection)
    }
    connection.throttle.slow(at: clock.monotonic_us)
    nextThrottle_us = min(nextThrottle_us, connection.throttle.nextAllowed_us(rate))
  }

  /// Goes on with those who have earned a command, and closes those who had no pause for too long.
  func resumeThrottled() {
    nextThrottle_us = .max
    let waiting = throttled
    throttled.removeAll(keepingCapacity: true)
    for connection in waiting where connection.phase == .open {
      connection.isThrottled = false
      if connection.throttle.isFlood(at: clock.monotonic_us, patience_ms: patience.flood_ms) {
        end(
          connection, reason: "flood",
          told: "You sent more than \(settings.commandsPerSecond) commands a second for too long; come back slower.")
      } else {
        decodeLater(connection)
      }
    }
  }
}
