import ChatCore
import ChatProtocol
import POSIX

// From the last word to the closed descriptor.
extension Server {
  /// How long what was queued may take to go out, and then the client to close its side.
  private static let lastWords_ms: Int64 = 2000

  /// Sends what is queued and released, and looks after the connections that it found blocked, too slow or broken.
  func flush() {
    guard outboxes.isFlushDue else { return }
    let outcome = outboxes.flush { slot, bytes in
      guard let connection = connections[slot: slot] else { return .lost }
      do {
        return .taken(try connection.descriptor.send(bytes) ?? 0)
      } catch {
        return .lost
      }
    }
    for id in outcome.blocked + outcome.unblocked {
      guard let connection = connections[id] else { continue }
      updateInterest(connection)
      if connection.phase == .closing { doomed.append(connection) }
    }
    for id in outcome.overflowed { if let connection = connections[id] { closeSlowReader(connection) } }
    for id in outcome.lost { if let connection = connections[id] { lose(connection) } }
    for taken in outcome.takenMessages { apply(.privateMessageTaken(to: taken.recipient, taken.message)) }
  }

  /// Ends a session that the core still knows; `reason` is for the others, `told` for the client itself.
  func end(_ connection: Connection, reason: String, told: String?) {
    if let told { outboxes.send(.closing(reason: told), at: clock.now, to: connection.id) }
    apply(.disconnected(connection.id, reason: reason))
    beginClosing(connection, reason)
  }

  /// The core has forgotten the session: what is queued goes out, then the connection is closed.
  func beginClosing(_ connection: Connection, _ reason: String? = nil) {
    guard connection.phase == .open else { return }
    connection.phase = .closing
    connection.framer = LineFramer(lineBytesMax: settings.lineBytes)
    closingDeadlines.append(connection.id, due_ms: clock.monotonic_ms + Server.lastWords_ms)
    doomed.append(connection)
    log(
      "disconnect", [.init("session", "\(connection.id.number)"), .init("address", connection.address)], text: reason)
    updateInterest(connection)
  }

  /// More waits for the client than may: it gets one last line in place of all that, if it reads at all.
  private func closeSlowReader(_ connection: Connection) {
    let bytes = outboxes.waitingBytes(of: connection.id)
    outboxes.replaceBacklog(
      of: connection.id, with: .closing(reason: "You read too slowly: \(bytes) bytes waited for you."), at: clock.now)
    if connection.phase == .open { end(connection, reason: "too slow", told: nil) }
  }

  /// The connection is broken: nothing more reaches the client.
  func lose(_ connection: Connection) {
    if connection.phase == .open { end(connection, reason: "connection lost", told: nil) }
    closeNow(connection)
  }

  /// Closes those whose last word the kernel has taken.
  func close() {
    for connection in doomed where connection.phase == .closing && outboxes.waitingBytes(of: connection.id) == 0 {
      if connection.inputEnded {
        closeNow(connection)
      } else {
        try? connection.descriptor.shutdownWrite()
        connection.phase = .draining
        updateInterest(connection)
      }
    }
    doomed.removeAll { $0.phase != .closing || outboxes.hasBacklog($0.id) }
  }

  func closeNow(_ connection: Connection) {
    guard connection.phase != .closed else { return }
    connection.phase = .closed
    try? poller.remove(connection.descriptor.rawValue)
    outboxes.close(connection.id)
    connections.remove(connection)
  }
}
