import ChatCore
import ChatProtocol
import POSIX

// Who is to go stands in a line, and a turn sees off a bounded number: to close a connection costs the kernel as much as fifty
// messages, others are told of it, and thousands may go at once.
extension Server {
  /// Some milliseconds' work.
  static let departuresPerTurn = 64

  /// Nothing more is heard of the client; once its turn has come it is told why, where it can be, and closed.
  func depart(_ connection: Connection, _ departure: CloseReason) {
    guard connection.phase != .closed, !connection.isLost else { return }
    if connection.departure == nil { departing.append(connection) }
    if connection.departure == nil || departure.isLost { connection.departure = departure }
    if departure.isLost {
      // Errors and hangups cannot be masked: the poller would tell of them in every turn until then.
      try? poller.remove(connection.descriptor.rawValue)
    } else {
      updateInterest(connection)
    }
  }

  /// That somebody goes is told in many rooms, which half a turn may be filled with: the rest is for those who stay.
  func seeOff() {
    var gone = 0
    while gone < min(departing.count, Server.departuresPerTurn),
      producedBytes - producedBefore < Server.turnBytesMax / 2, turnWork < Server.turnWorkMax / 2
    {
      let connection = departing[gone]
      measuringWork(for: connection) { seeOff(connection) }
      gone += 1
    }
    departing.removeFirst(gone)
  }

  private func seeOff(_ connection: Connection) {
    guard connection.phase != .closed else { return }
    switch connection.departure {
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
    connection.departure = nil
  }

  /// More waits for the client than may: it gets one last line in place of all that, if it reads at all.
  private func closeSlowReader(_ connection: Connection) {
    let told = "You read too slowly: \(outboxes.waitingBytes(of: connection.id)) bytes waited for you."
    let isStuck = outboxes.hasBacklog(connection.id)
    if isStuck { outboxes.replaceBacklog(of: connection.id, with: .closing(reason: told), at: clock.now) }
    end(connection, reason: "too slow", told: isStuck ? nil : told)
  }
}
