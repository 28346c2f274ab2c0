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
      closing.append(connection)
      makePlaceForLastWord(of: connection)
    }
    for id in outcome.overflowed { if let connection = connections[id] { scheduleClose(connection, .tooSlow) } }
    for id in outcome.lost { if let connection = connections[id] { scheduleClose(connection, .lost) } }
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
    if connection.phase == .transferring { reclaim(connection) }
    connection.phase = .closing
    connection.framer = LineFramer(lineBytesMax: settings.lineBytes)
    closingDeadlines.append(connection.id, due_ms: clock.monotonic_ms + timeouts.lastWords_ms)
    if closingDeadlines.count > 2 * connections.count + Server.deadlinesKept {
      closingDeadlines.removeAll { id, _ in connections[id] == nil }
    }
    closing.append(connection)
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
    for connection in closing where connection.phase == .closing && outboxes.waitingBytes(of: connection.id) == 0 {
      if closed == Server.closesPerTurn { break }
      closed += 1
      if connection.inputEnded {
        closeNow(connection)
      } else {
        try? connection.descriptor.shutdownWrite()
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
    // Who is lost is watched no more.
    if !connection.isLost { try? poller.remove(connection.descriptor.rawValue) }
    countUnread(connection)
    outboxes.close(connection.id)
    connections.remove(connection)
  }
}

// Who is to go stands in a line, and a turn sees off a bounded number: to close a connection costs the kernel as much as fifty
// messages, others are told of it, and thousands may go at once.
extension Server {
  /// Some milliseconds' work.
  static let closesPerTurn = 64

  /// Nothing more is heard of the client; once its turn has come it is told why, where it can be, and closed.
  func scheduleClose(_ connection: Connection, _ closeReason: CloseReason) {
    guard connection.phase != .closed, !connection.isLost else { return }
    if connection.closeReason == nil { departing.append(connection) }
    if connection.closeReason == nil || closeReason.isLost { connection.closeReason = closeReason }
    if closeReason.isLost {
      // Errors and hangups cannot be masked: the poller would tell of them in every turn until then.
      try? poller.remove(connection.descriptor.rawValue)
    } else {
      updateInterest(connection)
    }
  }

  /// That somebody goes is told in many rooms, which half a turn may be filled with: the rest is for those who stay.
  func closeDeparting() {
    var gone = 0
    while gone < min(departing.count, Server.closesPerTurn),
      producedBytes - producedBefore < Server.turnBytesMax / 2, turnWork < Server.turnWorkMax / 2
    {
      let connection = departing[gone]
      measuringWork(for: connection) { finishDeparture(connection) }
      gone += 1
    }
    departing.removeFirst(gone)
  }

  private func finishDeparture(_ connection: Connection) {
    guard connection.phase != .closed else { return }
    switch connection.closeReason {
    case .left: end(connection, reason: "connection closed", told: "Bye.")
    case .lost:
      end(connection, reason: "connection lost", told: nil)
      if let end = endBeforeHandOver(connection, "the connection was lost") { apply(end) }
      closeNow(connection)
      return
    case .tooSlow: closeSlowReader(connection)
    case .flood:
      end(
        connection, reason: "flood",
        told: "You sent more than \(settings.commandsPerSecond) commands a second for too long; come back slower.")
    case .closed(let reason, let told): end(connection, reason: reason, told: told)
    case .notIn:
      end(
        connection, reason: "login took too long",
        told: "You did not come in within \(settings.loginSeconds) seconds; connect again when you are ready.")
    case nil: preconditionFailure("whoever stands in the line is to go")
    }
    // It may still be lost before its last word is out.
    connection.closeReason = nil
  }

  /// More waits for the client than may: it gets one last line in place of all that, if it reads at all.
  private func closeSlowReader(_ connection: Connection) {
    let told = "You read too slowly: \(outboxes.waitingBytes(of: connection.id)) bytes waited for you."
    let isStuck = outboxes.hasBacklog(connection.id)
    if isStuck { outboxes.replaceBacklog(of: connection.id, with: .closing(reason: told), at: clock.now) }
    end(connection, reason: "too slow", told: isStuck ? nil : told)
  }
}
