import ChatCore
import ChatProtocol
import POSIX

// Connections that become a transfer's. The loop keeps the descriptor, and hears of it again when the transfer has ended.
extension Server {
  /// Once all that was sent to the connection before is out, its bytes are the transfer's.
  func beginTransfer(_ transfer: Transfer, over id: SessionID) {
    guard let connection = connections[id], connection.phase == .open else {
      followUps.append(.transferEnded(id, .brokenOff(reason: "the connection is gone", bytes: transfer.offset)))
      return
    }
    connection.phase = .transferring
    connection.transfer = transfer
    connection.firstBytes = connection.framer.takeAll()
    connection.framer = LineFramer(lineBytesMax: settings.lineBytes)
    connection.handOverDue_ms = clock.monotonic_ms + patience.lastWords_ms
    updateInterest(connection)
    handingOver.append(connection)
  }

  func cutTransfer(_ id: SessionID) {
    guard let connection = connections[id], connection.phase == .transferring else { return }
    if transfers.isRunning(id) {
      transfers.cut(id)
    } else if let end = endBeforeHandOver(connection, "the server ended it") {
      followUps.append(end)
    }
  }

  /// After a flush: those to whom nothing is to be sent any more.
  func handOver() {
    if handingOver.isEmpty { return }
    for connection in handingOver
    where connection.phase == .transferring && !connection.isHandedOver && !connection.isLost {
      if outboxes.waitingBytes(of: connection.id) == 0 {
        handOver(connection)
      } else if connection.handOverDue_ms <= clock.monotonic_ms {
        depart(connection, .lost)
      }
    }
    handingOver.removeAll { $0.phase != .transferring || $0.isHandedOver || $0.isLost }
  }

  private func handOver(_ connection: Connection) {
    guard let transfer = connection.transfer else { preconditionFailure("a transfer was begun") }
    do throws(Errno) {
      let descriptor = try connection.descriptor.duplicate()
      // A hangup would be told again and again.
      try poller.remove(connection.descriptor.rawValue)
      connection.isHandedOver = true
      try transfers.start(
        transfer, over: connection.id, descriptor, firstBytes: connection.firstBytes,
        stall_ms: patience.transferStall_ms, bytesPerSecondMax: settings.transferBytesPerSecond)
      connection.firstBytes = []
    } catch {
      if let end = endBeforeHandOver(connection, "no thread could be started: \(error)") { apply(end) }
    }
  }

  /// What the core is to hear of a transfer that never began; nil where none was to.
  func endBeforeHandOver(_ connection: Connection, _ reason: String) -> Input? {
    guard connection.phase == .transferring, let transfer = connection.transfer else { return nil }
    connection.transfer = nil
    let bytes = transfer.direction == .up ? transfer.offset : 0
    return .transferEnded(connection.id, .brokenOff(reason: reason, bytes: bytes))
  }

  func transferEnded(_ id: SessionID, _ end: TransferEnd) {
    transfers.noteEnded(id)
    connections[id]?.transfer = nil
    apply(.transferEnded(id, end))
  }

  /// The loop looks after the connection again, for its last words.
  func takeBack(_ connection: Connection) {
    transfers.cut(connection.id)
    guard connection.isHandedOver else { return }
    connection.isHandedOver = false
    connection.interest = []
    do throws(Errno) {
      try poller.add(
        connection.descriptor.rawValue, token: Registration.session(connection.id).token,
        interest: connection.interest)
    } catch {
      log("warning", text: "a connection cannot be watched: \(error)")
    }
  }

  /// An `ok` with where its session is connected to, for those who read.
  func reply(_ reply: Reply, withAddressTo id: SessionID) {
    var reply = reply
    if outboxes.dialect(of: id) == .text, let connection = connections[id],
      let address = try? connection.descriptor.localAddress()
    {
      let text = "\(address.ip) \(address.port)"
      switch reply.result {
      case .offered(var offered):
        offered.address = text
        reply.result = .offered(offered)
      case .fetch(var fetched):
        fetched.address = text
        reply.result = .fetch(fetched)
      default: break
      }
    }
    outboxes.send(.ok(reply), at: clock.now, to: id)
  }
}
