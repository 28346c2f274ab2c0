import ChatCore
import ChatProtocol
import ChatStore
package import POSIX

/// A server that serves, for whoever started it: may be used from any thread.
package struct RunningServer: Sendable {
  /// Where clients find it, the port as bound.
  package let address: PeerAddress
  package let controlPath: String
  let inbox: Inbox<ServerMessage>

  /// Tells everybody, saves and ends the server, as a signal does.
  package func stop(reason: String = "The server is stopping.") { inbox.post(.stop(reason: reason)) }
}

// The server's life.
extension Server {
  /// How long everybody may take to get the last words.
  private static let ending_ms: Int64 = 1000

  /// Serves until it is told to stop. `onReady` is called once clients can connect.
  package func run(onReady: (RunningServer) -> Void) throws(ServerError) {
    try begin()
    onReady(RunningServer(address: address, controlPath: control.path, inbox: inbox))
    notifyReady()
    try serve()
  }

  /// Takes turns until it is told to stop, and ends.
  func serve() throws(ServerError) {
    do throws(ServerError) {
      while !isOver { try takeTurn() }
      closeAllConnections()
      commit()
    } catch {
      stopHelpers()
      // What earlier turns told is to be in the files, whatever went wrong in this one.
      _ = try? store.finish(isClean: false)
      throw error
    }
    try finish()
  }

  /// Clients can connect from now on.
  func begin() throws(ServerError) {
    do throws(Errno) {
      try poller.add(inbox.rawValue, token: PollerToken.inbox.token, interest: .readable)
      try internalPoller.add(inbox.rawValue, token: PollerToken.inbox.token, interest: .readable)
      try listener?.register(at: poller)
      try control.register(at: poller)
      try signals?.register(at: poller)
      try signals?.register(at: internalPoller)
    } catch {
      throw .system("watch descriptors", error)
    }
    // An id in the first line: what follows is counted from there, whatever the last server's end lost of the log.
    log(
      "start",
      (opening.id.map { [.init("id", "\($0)")] } ?? []) + [
        .init("version", chatVersion), .init("pid", "\(CurrentProcess.id)"), .init("address", address.description),
        .init("control", control.path),
      ])
    for notice in opening.notices { log("warning", text: notice.description) }
    if !address.isLoopback {
      log(
        "warning",
        text: "clients from other machines can connect to \(address), and passwords travel unencrypted")
    }
    apply(.started)
    log("ready", [.init("connections_max", "\(connectionsMax)")])
    commit()
  }

  /// The core has told everybody and forgotten them.
  func beginShutdown() {
    guard shutdownDeadline_ms == nil else { return }
    notifyStopping()
    shutdownDeadline_ms = clock.monotonic_ms + Server.ending_ms
    if let listener { try? poller.remove(listener.descriptor.rawValue) }
    listener = nil
  }

  private var isOver: Bool {
    guard let shutdownDeadline_ms else { return false }
    if clock.monotonic_ms >= shutdownDeadline_ms { return true }
    return control.isFlushed && !logs.isBusy && connections.all.allSatisfy { outboxes.waitingBytes(of: $0.id) == 0 }
  }

  private func closeAllConnections() {
    stopHelpers()
    for connection in connections.all {
      // What is left unread would make the kernel take the last words back.
      _ = readBuffer.receive(from: connection.descriptor) { _ in }
      closeNow(connection)
    }
  }

  /// Ends what helper threads do for clients. One that does not end in time, because the disk does not answer or a hash in a file takes
  /// minutes, is left to itself: it holds nothing that is to be saved.
  private func stopHelpers() {
    let deadline_ns = SystemClock.monotonic_ns + timeouts.helpers_ms * 1_000_000
    let helpers = [
      ("checking passwords", passwords.stop(until_ns: deadline_ns)),
      ("reading the history", history.stop(until_ns: deadline_ns)),
      ("reading the log for chat-admin", logs.stop(until_ns: deadline_ns)),
      ("sending a backup", backups.stop(until_ns: deadline_ns)),
      ("transferring files", transfers.stop(until_ns: deadline_ns)),
    ]
    for (work, hasEnded) in helpers where !hasEnded {
      log("warning", text: "\(work) took too long and was broken off, because the server stops")
    }
  }

  private func finish() throws(ServerError) {
    do throws(StoreError) {
      for notice in try store.finish(isClean: true).notices { log("warning", text: notice.description) }
    } catch {
      for request in stopRequests {
        control.reply(
          request, .failure(ControlError(.saveFailed, "the server ends, and not everything is saved: \(error)")))
      }
      control.flush(poller, upTo: .max, at: clock.monotonic_ms)
      throw .store(error)
    }
    transfers.discardRest()
    for message in inbox.takeAll() {
      switch message {
      // A save that somebody asked for meanwhile has been done with the last one.
      case .saved(let request, let result): saved(request, result)
      case .notice(let notice): log("warning", text: notice.description)
      case .logRead(let answer): for (request, reply) in logs.take(answer) { control.reply(request, reply) }
      // The last save has put edits together with what it wrote, so nobody has to take them over any more.
      case .answer, .passwordAnswer, .transferEnded, .storeAnswered, .scanned, .checked, .captured, .stop: break
      case .backedUp(let end): backedUp(end)
      }
    }
    clock.advance()
    log("stop", [.init("pid", "\(CurrentProcess.id)")])
    commit()
    for (request, reply) in logs.end(store) { control.reply(request, reply) }
    for request in stopRequests { control.reply(request, .success(.stopping)) }
    control.flush(poller, upTo: .max, at: clock.monotonic_ms)
    control.removeSocket()
  }
}
