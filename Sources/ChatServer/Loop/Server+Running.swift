import ChatCore
import ChatProtocol
import ChatStore
package import POSIX

/// A server that serves. Any thread may use it.
package struct RunningServer: Sendable {
  /// Where clients connect, the port as bound.
  package let address: PeerAddress
  package let controlPath: String
  let inbox: Inbox<ServerMessage>

  /// Closes all connections, saves and ends the server, as a signal does.
  package func stop(reason: String = "The server is stopping.") { inbox.post(.stop(reason: reason)) }
}

// From the start to the stop.
extension Server {
  /// How long output may take to leave when the server stops.
  private static let shutdownTime = Duration.seconds(1)

  /// Serves until a signal, `stop` or a request ends it. `onReady` is called once clients can connect.
  package func run(onReady: (RunningServer) -> Void) throws(ServerError) {
    try begin()
    onReady(RunningServer(address: address, controlPath: control.path, inbox: inbox))
    notifyReady()
    try serve()
  }

  func serve() throws(ServerError) {
    do throws(ServerError) {
      while !isShutDown { try takeTurn() }
      closeAllConnections()
      commit()
    } catch {
      stopHelpers()
      // What earlier turns acknowledged must be in the files, whatever failed in this one.
      _ = try? store.finish(isClean: false)
      throw error
    }
    try finish()
  }

  /// Clients can connect from now on.
  func begin() throws(ServerError) {
    do throws(Errno) {
      try poller.add(inbox.rawValue, token: PollerToken.inbox.rawValue, interest: .readable)
      try internalPoller.add(inbox.rawValue, token: PollerToken.inbox.rawValue, interest: .readable)
      for listener in listeners { try listener.register(at: poller) }
      try control.register(at: poller)
      try signals?.register(at: poller)
      try signals?.register(at: internalPoller)
    } catch {
      throw .system("watch descriptors", error)
    }
    // An id in the first line: the next ids count from it, whatever the end of the last server lost of the log.
    log(
      "start",
      (opening.id.map { [.init("id", "\($0)")] } ?? []) + [
        .init("version", chatVersion), .init("pid", "\(CurrentProcess.id)"), .init("address", address.description),
        .init("control", control.path),
      ])
    for notice in opening.notices { log("warning", text: notice.description) }
    logCertificate()
    if let problem = certificates.problem { log("warning", text: problem) }
    if settings.allowsPlaintext {
      for address in addresses where !address.isLoopback {
        log(
          "warning",
          text:
            "allow_plaintext is on: clients from other machines can connect to \(address) without TLS, and send passwords in the clear"
        )
      }
    }
    apply(.started)
    log("ready", [.init("connections_max", "\(connectionsMax)")])
    commit()
  }

  /// The core has ended all sessions.
  func beginShutdown() {
    guard shutdownDeadline == nil else { return }
    notifyStopping()
    shutdownDeadline = clock.instant + Server.shutdownTime
    for listener in listeners { listener.unregister(from: poller) }
    listeners = []
    openings.removeAll()
  }

  private var isShutDown: Bool {
    guard let shutdownDeadline else { return false }
    if clock.instant >= shutdownDeadline { return true }
    return control.isFlushed && !logs.isBusy && connections.all.allSatisfy { outboxes.waitingBytes(of: $0.id) == 0 }
  }

  private func closeAllConnections() {
    stopHelpers()
    for connection in connections.all {
      connection.transport.discardInput(readBuffer)
      closeNow(connection)
    }
  }

  /// Ends what helper threads do for clients. A thread that does not end in time, because the disk does not answer or a hash in a file
  /// takes minutes, is abandoned: it holds nothing that is to be saved.
  private func stopHelpers() {
    let deadline = Instant.now + timeouts.helpers
    let helpers = [
      ("checking passwords", passwords.stop(until: deadline)),
      ("reading the history", history.stop(until: deadline)),
      ("reading the log for chat-admin", logs.stop(until: deadline)),
      ("sending a backup", backups.stop(until: deadline)),
      ("watching the TLS certificate", certificates.stop(until: deadline)),
      ("transferring files", transfers.stop(until: deadline)),
    ]
    for (work, hasEnded) in helpers where !hasEnded {
      log("warning", text: "\(work) took too long and was abandoned, because the server stops")
    }
  }

  private func finish() throws(ServerError) {
    do throws(StoreError) {
      for notice in try store.finish(isClean: true).notices { log("warning", text: notice.description) }
    } catch {
      for request in stopRequests {
        control.reply(
          request, .failure(ControlError(.saveFailed, "the server stops, and not everything is saved: \(error)")))
      }
      control.flush(poller, upTo: .max, at: clock.instant)
      throw .store(error)
    }
    transfers.discardRest()
    // Sessions have ended, and the last save has merged what was edited: only the operator waits for something.
    for message in inbox.takeAll() {
      // No backup begins any more.
      if case .captured(let request, _) = message {
        handleOperatorMessage(.controlWorkDropped(request))
      } else {
        handleOperatorMessage(message)
      }
    }
    clock.advance()
    log("stop", [.init("pid", "\(CurrentProcess.id)")])
    commit()
    for (request, reply) in logs.end(store) { control.reply(request, reply) }
    for request in stopRequests { control.reply(request, .success(.stopping)) }
    control.flush(poller, upTo: .max, at: clock.instant)
    control.removeSocket()
  }
}
