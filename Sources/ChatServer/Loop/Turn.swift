import ChatCore
import ChatProtocol
import ChatStore
import POSIX

// One turn of the loop. All the server does, it does in this order:
//
//   wait       until a descriptor is ready or something is due
//   edit       a piece of an edit that is too long for one turn
//   read       every ready socket once, into the line framers; take what helper threads answered
//   tick       what was due
//   see off    those who go, so many a turn (see `Server+Departing.swift`)
//   decode     lines into commands, take room on the disk for what each may record, and give it to the core, whose effects
//              are performed at once: events go into the output streams, records into the store
//   accept     those who come, once no more are to be seen off than the next turn does: so they find their names free
//   commit     the turn's records, with one write for the journal and one for the log; a backup begins here
//   release    the output of those turns whose records stand: this one's at once, where nothing has to be synced for it
//   flush      one send for each connection that has something
//   hand over  the connections that are a transfer's from now on
//   close      the connections that said their last word
extension Server {
  func takeTurn() throws(ServerError) {
    try wait()
    clock.advance()
    producedBefore = producedBytes
    turnWork = 0
    continueEdit()
    for event in ready { take(event) }
    tickIfDue()
    closeDeparting()
    decode()
    acceptWaiting()
    while let call = control.nextCall(poller) { take(call) }
    for peer in control.takeGivenUp() {
      log(
        "control-closed", [.init("by", peer.user), .init("uid", "\(peer.uid)"), .init("pid", "\(peer.pid)")],
        text: "it did not read its answer")
    }
    for request in control.takeGone() {
      logs.forget(request)
      apply(.controlGone(request))
    }
    for request in control.takeReady() where !logs.clientIsReady(request) { apply(.controlReady(request)) }
    if diskMayWork, !store.hasUncommitted { endRecordingError() }
    let turn = commit()
    captureBackup()
    if reopensLog { reopenLog() } else if store.takeHasNewLog() { apply(.logReopened(file: store.folder.log)) }
    notifyReloaded()
    release(turn)
    if !store.isHolding { transfers.removeDiscarded(upTo: store.durableTurn) }
    flush()
    handOver()
    control.flush(poller, upTo: store.durableTurn, at: clock.monotonic_ms)
    close()
    readHistory()
    logs.advance(store)
  }

  private func wait() throws(ServerError) {
    ready.removeAll(keepingCapacity: true)
    do {
      if isBackpressured {
        try internalPoller.wait(timeout_ms: timeout_ms()) { ready.append($0) }
      } else {
        try poller.wait(timeout_ms: timeout_ms()) { ready.append($0) }
      }
    } catch {
      throw .system("wait for events", error)
    }
  }

  /// How long nothing is due.
  private func timeout_ms() -> Int32 {
    if diskMayWork || hasOutputDue || hasMoreToClose || control.hasWork { return 0 }
    if !toDecode.isEmpty || !departing.isEmpty || continuesEdit, !isBackpressured { return 0 }
    var due_ms = nextTick_ms
    if !isBackpressured, let resume_ms = throttled.nextDue_ms { due_ms = min(due_ms, resume_ms) }
    if let closing_ms = closingDeadlines.nextDue_ms { due_ms = min(due_ms, closing_ms) }
    if let resume_ms = listener?.resume_ms { due_ms = min(due_ms, resume_ms) }
    if let shutdownDeadline_ms { due_ms = min(due_ms, shutdownDeadline_ms) }
    return Int32(clamping: max(0, due_ms - SystemClock.monotonic_ns / 1_000_000))
  }

  private func take(_ event: PollerEvent) {
    switch PollerToken(token: event.token) {
    case .session(let id):
      guard let connection = connections[id] else { return }
      if event.isWritable { outboxes.noteWritable(id) }
      if event.isReadable || event.isHangup || event.isError { read(connection, event) }
    case .listener: hasArrivals = true
    case .inbox: for message in inbox.takeAll() { take(message) }
    case .signals: takeSignals()
    case .controlListener: control.accept(poller) { logs.isIdle($0) }
    case .control(let number): control.take(event, of: number, poller, readBuffer)
    }
  }

  private func take(_ call: ControlListener.Call) {
    apply(.control(call.id, call.request, from: call.peer))
  }

  private func take(_ message: ServerMessage) {
    switch message {
    case .answer(let input, let work):
      switch input {
      case .completed(let session, .historyRead): history.noteAnswer(session)
      case .completed(_, .fileChecked): transfers.noteAnswer()
      default: break
      }
      answer(input, helperWork: work)
    case .passwordAnswer(let input):
      passwords.noteAnswer()
      answer(input)
    case .logRead(let answer): for (request, reply) in logs.take(answer) { control.reply(request, reply) }
    case .transferEnded(let session, let end): transferEnded(session, end)
    case .saved(let request, let result): saved(request, result)
    case .checked(let request, let faults):
      control.reply(request, .success(.checked(faults: faults.map(\.description))))
    case .captured(let request, let result): captured(request, result)
    case .backedUp(let end): backedUp(end)
    case .notice(.diskFailed(let reason)): beginRecordingError(reason, includingTurn: !store.isChecked)
    case .notice(.diskRecovered): diskMayWork = true
    case .notice(let notice): log("warning", text: notice.description)
    case .storeAnswered: store.collect()
    case .scanned(let look): applyEdits(look)
    case .stop(let reason): apply(.stop(reason: reason))
    }
  }

  private func takeSignals() {
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
    listener?.resumeIfDue(at: clock.monotonic_ms, poller)
    while let id = closingDeadlines.popDue(at: clock.monotonic_ms) {
      if let connection = connections[id], connection.phase != .open, connection.phase != .transferring {
        scheduleClose(connection, .lost)
      }
    }
    guard clock.monotonic_ms >= nextTick_ms else { return }
    nextTick_ms = clock.monotonic_ms + 1000
    closeUnauthenticated()
    control.tick(at: clock.monotonic_ms, poller)
    // Nobody can ask for it by a socket that is gone.
    repairControlSocket()
    notifySupervisorAgain()
    hashStoredSecrets()
    logRejections()
    quotas.forgetOld(at: clock.monotonic_us)
    activity.sample(at: clock.monotonic_ms)
    apply(.tick)
  }

  /// Asks for the pages of the log that the turn's commands want: what was said until now stands in it.
  private func readHistory() {
    for session in history.handOver(scanBytesMax: settings.historyScanBytes) {
      answer(.completed(session, .historyRead(.unavailable(reason: "too many clients are reading it"))))
    }
  }
}
