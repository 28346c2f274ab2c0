import ChatCore
import ChatProtocol
import POSIX

// From the decision that a connection is to be closed to the closed socket.
//
// A turn closes a bounded number. To close a connection costs the kernel as much as fifty messages, other clients are told of it,
// and thousands may leave at once.
extension Server {
  /// Some milliseconds of work.
  static let closesPerTurn = 64

  /// Decodes nothing more of the client. One of the next turns sends it the reason and closes the connection.
  func scheduleClose(_ connection: Connection, _ reason: CloseReason) {
    guard connection.phase != .closed, !connection.isLost else { return }
    let isLost = if case .lost = reason { true } else { false }
    if connection.closeReason == nil { departing.append(connection) }
    if connection.closeReason == nil || isLost { connection.closeReason = reason }
    if isLost {
      // The poller would report the error in every turn until then.
      connection.transport.unregister(from: poller)
    } else {
      updateInterest(connection)
    }
  }

  /// Many rooms hear of departures, which may fill half of a turn: the rest is for the clients that stay.
  func closeDeparting() {
    var closed = 0
    while closed < min(departing.count, Server.closesPerTurn),
      producedBytes - producedBefore < Server.turnBytesMax / 2, turnWork < Server.turnWorkMax / 2
    {
      let connection = departing[closed]
      measuringWork(for: connection) { closeDeparting(connection) }
      closed += 1
    }
    departing.removeFirst(closed)
  }

  private func closeDeparting(_ connection: Connection) {
    guard connection.phase != .closed else { return }
    switch connection.closeReason {
    case .left: disconnect(connection, reason: "connection closed", message: "Bye.")
    case .lost:
      disconnect(connection, reason: "connection lost", message: nil)
      if let ended = transferEndedBeforeHandOver(connection, "the connection was lost") { apply(ended) }
      closeNow(connection)
      return
    case .tooSlow: disconnectSlowReader(connection)
    case .flood:
      disconnect(
        connection, reason: "flood",
        message: "You sent more than \(settings.commandsPerSecond) commands a second for too long; come back slower.")
    case .closed(let reason, let message): disconnect(connection, reason: reason, message: message)
    case .loginTimeout:
      disconnect(
        connection, reason: "login took too long",
        message: "You did not log in within \(settings.loginSeconds) seconds; connect again when you are ready.")
    case nil: preconditionFailure("a departing connection has a reason")
    }
    // It may still be lost before its output is sent.
    connection.closeReason = nil
  }

  /// The client gets one last line in place of the output that waits, if it reads at all.
  private func disconnectSlowReader(_ connection: Connection) {
    let message = "You read too slowly: \(outboxes.waitingBytes(of: connection.id)) bytes waited for you."
    let isBlocked = outboxes.hasBacklog(connection.id)
    if isBlocked { outboxes.replaceBacklog(of: connection.id, with: .closing(reason: message), at: clock.now) }
    disconnect(connection, reason: "too slow", message: isBlocked ? nil : message)
  }

  /// Ends a session that the core still knows. `reason` is for the others, `message` for the client itself.
  func disconnect(_ connection: Connection, reason: String, message: String?) {
    guard connection.phase == .open else { return }
    if let message { outboxes.send(.closing(reason: message), at: clock.now, to: connection.id) }
    apply(.disconnected(connection.id, reason: reason))
    beginClosing(connection, reason)
  }

  /// The core has forgotten the session: what is queued goes out, then the connection is closed.
  func beginClosing(_ connection: Connection, _ reason: String? = nil) {
    guard connection.phase == .open || connection.phase == .transferring else { return }
    if connection.phase == .transferring { reclaim(connection) }
    connection.phase = .closing
    connection.framer = LineFramer(lineBytesMax: settings.lineBytes)
    closingDeadlines.append(connection.id, due: clock.instant + timeouts.lastOutput)
    if closingDeadlines.count > 2 * connections.count + Server.voidDeadlinesMax {
      closingDeadlines.removeAll { id, _ in connections[id] == nil }
    }
    closing.append(connection)
    log(
      "disconnect", [.init("session", "\(connection.id.number)"), .init("address", connection.address)], text: reason)
    updateInterest(connection)
    releaseBacklog(of: connection)
  }

  /// Gives what waits for a closing client to the kernel, which keeps it until the client reads.
  private func releaseBacklog(of connection: Connection) {
    guard outboxes.hasBacklog(connection.id) else { return }
    connection.transport.liftUnsentBound()
    outboxes.markWritable(connection.id)
  }

  // MARK: The end of a turn

  /// Sends what is queued and released, and handles the connections that are blocked, too slow or broken.
  func flush() {
    guard outboxes.isFlushDue else { return }
    let outcome = outboxes.flush { slot, bytes in
      guard let connection = connections[slot: slot] else { return .lost }
      return connection.transport.send(bytes)
    }
    for id in outcome.blocked + outcome.unblocked {
      guard let connection = connections[id] else { continue }
      updateInterest(connection)
      guard connection.phase == .closing else { continue }
      closing.append(connection)
      releaseBacklog(of: connection)
    }
    for id in outcome.overflowed { if let connection = connections[id] { scheduleClose(connection, .tooSlow) } }
    for id in outcome.lost { if let connection = connections[id] { scheduleClose(connection, .lost) } }
    for taken in outcome.takenMessages { apply(.privateMessageTaken(to: taken.recipient, taken.message)) }
  }

  /// Closes connections whose output the kernel has taken, a bounded number a turn.
  func close() {
    var closed = 0
    for connection in closing where connection.phase == .closing && outboxes.waitingBytes(of: connection.id) == 0 {
      if closed == Server.closesPerTurn { break }
      closed += 1
      if connection.inputEnded {
        closeNow(connection)
      } else {
        connection.transport.endOutput()
        connection.phase = .draining
        updateInterest(connection)
      }
    }
    closing.removeAll { $0.phase != .closing || outboxes.hasBacklog($0.id) }
    hasMoreToClose = closed == Server.closesPerTurn
  }

  func closeNow(_ connection: Connection) {
    guard connection.phase != .closed else { return }
    connection.phase = .closed
    // A lost connection is not registered any more.
    if !connection.isLost { connection.transport.unregister(from: poller) }
    countUnread(connection)
    outboxes.close(connection.id)
    connections.remove(connection)
  }
}
