import ChatCore
import ChatProtocol
import POSIX

// From the last word to the closed descriptor.
extension Server {
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
      guard connection.phase == .closing else { continue }
      doomed.append(connection)
      makePlaceForLastWord(of: connection)
    }
    for id in outcome.overflowed { if let connection = connections[id] { depart(connection, .tooSlow) } }
    for id in outcome.lost { if let connection = connections[id] { depart(connection, .lost) } }
    for taken in outcome.takenMessages { apply(.privateMessageTaken(to: taken.recipient, taken.message)) }
  }

  /// Ends a session that the core still knows; `reason` is for the others, `told` for the client itself.
  func end(_ connection: Connection, reason: String, told: String?) {
    guard connection.phase == .open else { return }
    if let told { outboxes.send(.closing(reason: told), at: clock.now, to: connection.id) }
    apply(.disconnected(connection.id, reason: reason))
    beginClosing(connection, reason)
  }

  /// The core has forgotten the session: what is queued goes out, then the connection is closed.
  func beginClosing(_ connection: Connection, _ reason: String? = nil) {
    guard connection.phase == .open || connection.phase == .transferring else { return }
    if connection.phase == .transferring { takeBack(connection) }
    connection.phase = .closing
    connection.framer = LineFramer(lineBytesMax: settings.lineBytes)
    closingDeadlines.append(connection.id, due_ms: clock.monotonic_ms + patience.lastWords_ms)
    if closingDeadlines.count > 2 * connections.count + Server.deadlinesKept {
      closingDeadlines.removeAll { id, _ in connections[id] == nil }
    }
    doomed.append(connection)
    log(
      "disconnect", [.init("session", "\(connection.id.number)"), .init("address", connection.address)], text: reason)
    updateInterest(connection)
    makePlaceForLastWord(of: connection)
  }

  /// What waits for a client that does not read goes where the kernel keeps it until the client does, long after the connection was
  /// closed.
  private func makePlaceForLastWord(of connection: Connection) {
    guard outboxes.hasBacklog(connection.id) else { return }
    try? connection.descriptor.setUnsentMax(bytes: .max)
    outboxes.noteWritable(connection.id)
  }

  /// Closes those whose last word the kernel has taken, so many a turn.
  func close() {
    var closed = 0
    for connection in doomed where connection.phase == .closing && outboxes.waitingBytes(of: connection.id) == 0 {
      if closed == Server.departuresPerTurn { break }
      closed += 1
      if connection.inputEnded {
        closeNow(connection)
      } else {
        try? connection.descriptor.shutdownWrite()
        connection.phase = .draining
        updateInterest(connection)
      }
    }
    doomed.removeAll { $0.phase != .closing || outboxes.hasBacklog($0.id) }
    hasMoreToClose = closed == Server.departuresPerTurn
  }

  func closeNow(_ connection: Connection) {
    guard connection.phase != .closed else { return }
    connection.phase = .closed
    // Who is lost is watched no more.
    if !connection.isLost { try? poller.remove(connection.descriptor.rawValue) }
    countUnread(connection)
    outboxes.close(connection.id)
    connections.remove(connection)
  }
}
