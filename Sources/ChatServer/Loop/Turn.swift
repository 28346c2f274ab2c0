import ChatCore
import ChatProtocol
import ChatStore
import POSIX

// One turn of the loop. The server does all its work in this order:
//
//   wait       until a descriptor is ready or something is due
//   edit       a piece of an edit that is too long for one turn
//   read       every ready socket once, into the line framers; messages of other threads
//   tick       what was due
//   depart     close departing connections, a bounded number (see `Server+Closing.swift`)
//   decode     lines into commands; reserve disk space for what each may record; give it to the core and perform the effects:
//              events go into the output streams, records into the store
//   open       TLS handshakes and the first bytes of new connections, a bounded number (see `Opening.swift`)
//   accept     new clients, once the departing connections fit into the next turn, so that clients find their names free
//   commit     the turn's records, with one write for the journal and one for the log; a backup begins here
//   release    the output of turns whose records are durable: at once where nothing must be synced for it
//   flush      one send for each connection that has output
//   hand over  connections to file transfers
//   close      connections whose last output is sent
extension Server {
  func takeTurn() throws(ServerError) {
    try wait()
    clock.advance()
    producedBefore = producedBytes
    turnWork = 0
    continueEdit()
    for event in ready { handle(event) }
    tickIfDue()
    closeDeparting()
    decode()
    advanceOpenings()
    acceptWaiting()
    handleControlClients()
    if diskMayWork, !store.hasUncommitted { endRecordingError() }
    let turn = commit()
    captureBackup()
    if reopensLog { reopenLog() } else if store.takeHasNewLog() { apply(.logReopened(file: store.folder.log)) }
    notifyReloaded()
    release(turn)
    if !store.isHolding { transfers.removeDiscarded(upTo: store.durableTurn) }
    flush()
    handOverConnections()
    control.flush(poller, upTo: store.durableTurn, at: clock.instant)
    close()
    // The log now holds the turn's messages, which may belong to the pages.
    history.start()
    logs.advance(store)
  }

  private func wait() throws(ServerError) {
    ready.removeAll(keepingCapacity: true)
    do {
      if isBackpressured {
        try internalPoller.wait(timeoutMilliseconds: timeout()) { ready.append($0) }
      } else {
        try poller.wait(timeoutMilliseconds: timeout()) { ready.append($0) }
      }
    } catch {
      throw .system("wait for events", error)
    }
  }

  /// How long nothing is due, in milliseconds.
  private func timeout() -> Int32 {
    if diskMayWork || hasOutputDue || hasMoreToClose || control.hasWork { return 0 }
    if !toDecode.isEmpty || !departing.isEmpty || continuesEdit || openings.hasReady, !isBackpressured { return 0 }
    var due = nextTick
    if !isBackpressured, let resume = throttled.nextDue { due = min(due, resume) }
    if let closing = closingDeadlines.nextDue { due = min(due, closing) }
    if let opening = openings.nextDue { due = min(due, opening) }
    for listener in listeners { if let resume = listener.pausedUntil { due = min(due, resume) } }
    if let shutdownDeadline { due = min(due, shutdownDeadline) }
    return (due - .now).pollMilliseconds
  }

  private func handle(_ event: PollerEvent) {
    switch PollerToken(rawValue: event.token) {
    case .session(let id):
      guard let connection = connections[id] else { return }
      if event.isWritable { continueSending(connection) }
      if event.isReadable || event.isHangup || event.isError { read(connection, event) }
    case .listener(let index): if index < listeners.count { listeners[index].hasArrivals = true }
    case .inbox: for message in inbox.takeAll() { handle(message) }
    case .signals: handleSignals()
    case .controlListener: control.accept(poller) { logs.isIdle($0) }
    case .opening(let number): handle(event, ofOpening: number)
    case .control(let number): control.read(event, of: number, poller, readBuffer)
    }
  }

  private func handleControlClients() {
    while let call = control.nextCall(poller) {
      apply(.control(call.id, call.request, from: call.peer))
    }
    for peer in control.takeUnresponsive() {
      log(
        "control-closed", [.init("by", peer.user), .init("uid", "\(peer.uid)"), .init("pid", "\(peer.pid)")],
        text: "it did not read its answer")
    }
    for request in control.takeGone() {
      logs.remove(request)
      apply(.controlGone(request))
    }
    for request in control.takeReady() where !logs.clientIsReady(request) { apply(.controlReady(request)) }
  }

  private func handle(_ message: ServerMessage) {
    switch message {
    case .completed(let input, let pool, let work):
      switch pool {
      case .passwords: passwords.jobEnded()
      case .pages: history.jobEnded(isSearch: false)
      case .searches: history.jobEnded(isSearch: true)
      case .files: transfers.jobEnded()
      case nil: break
      }
      complete(input, helperWork: work)
    case .storedPasswordDropped(let stored): storedSecrets.append(stored)
    case .transferEnded(let session, let end): transferEnded(session, end)
    case .notice(.diskFailed(let reason)): beginRecordingError(reason, includingTurn: !store.isChecked)
    case .notice(.diskRecovered): diskMayWork = true
    case .storeAnswered: store.collect()
    case .scanned(let look): applyEdits(look)
    case .certificate(let result): takeCertificate(result)
    case .stop(let reason): apply(.stop(reason: reason))
    case .controlWorkDropped, .certificateMade, .logRead, .saved, .checked, .captured, .backupEnded, .notice:
      handleOperatorMessage(message)
    }
  }

  /// What concerns the operator, also while the server ends.
  func handleOperatorMessage(_ message: ServerMessage) {
    switch message {
    case .controlWorkDropped(let request):
      control.reply(request, .failure(ControlError(.stopping, "the server is stopping")))
    case .logRead(let answer): for (request, reply) in logs.take(answer) { control.reply(request, reply) }
    case .saved(let request, let result): saved(request, result)
    case .checked(let request, let faults):
      control.reply(request, .success(.checked(faults: faults.map(\.description))))
    case .captured(let request, let result): captured(request, result)
    case .backupEnded(let end): backupEnded(end)
    case .certificateMade(let request, let result): certificateMade(request, result)
    case .notice(let notice): log("warning", text: notice.description)
    case .completed, .storedPasswordDropped, .transferEnded, .storeAnswered, .scanned, .certificate, .stop: break
    }
  }

  private func handleSignals() {
    while let signal = signals?.next() {
      switch signal {
      case .hangup:
        notifyReloading()
        repairControlSocket()
        reopensLog = true
        store.scanForEdits()
      // A second one finds the core stopping already and changes nothing.
      default: apply(.stop(reason: "The server is stopping."))
      }
    }
  }

  private func tickIfDue() {
    resumeThrottled()
    for listener in listeners { listener.resumeIfDue(at: clock.instant, poller) }
    endLateOpenings()
    while let id = closingDeadlines.popDue(at: clock.instant) {
      if let connection = connections[id], connection.phase != .open, connection.phase != .transferring {
        scheduleClose(connection, .lost)
      }
    }
    guard clock.instant >= nextTick else { return }
    nextTick = clock.instant + .seconds(1)
    closeUnauthenticated()
    control.tick(at: clock.instant, poller)
    // A client cannot ask for it at a socket that is gone.
    repairControlSocket()
    retryNotifications()
    hashStoredSecrets()
    logRejections()
    if let warning = certificates.takeWarning(at: clock.now.milliseconds / 1000, clock.instant) {
      log("warning", text: warning)
    }
    quotas.removeExpired(at: clock.instant)
    activity.sample(at: clock.instant)
    apply(.tick)
  }
}
