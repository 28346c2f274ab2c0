import ChatCore
import ChatProtocol
import ChatStore
import POSIX

// The loop's side of the core: inputs go in, effects are performed, completions of helper threads come back as inputs.
extension Server {
  /// An input that led to more effects frees their memory.
  private static let retainedEffects = 4096
  /// Random bytes for the core: tokens and passwords take 16 each.
  private static let entropyBytes = 4096

  /// Gives the core an input, performs its effects, and then the inputs that these led to.
  func apply(_ input: Input) {
    makeRoom()
    if core.needsEntropy { core.apply(.entropy(Random.bytes(Self.entropyBytes)), at: clock.time, into: &effects) }
    core.apply(input, at: clock.time, into: &effects)
    // Held here while they are performed, so that reading one copies nothing of it.
    var effects: [Effect] = []
    swap(&effects, &self.effects)
    if recordingError != nil { for effect in effects { countRefusal(effect) } }
    let (mark, records) = (outboxes.mark, store.recordCount)
    for index in effects.indices { perform(effects[index]) }
    if store.recordCount != records { outboxes.withhold(since: mark) }
    effects.removeAll(keepingCapacity: effects.capacity <= Self.retainedEffects)
    swap(&effects, &self.effects)
    while !followUps.isEmpty { apply(followUps.removeFirst()) }
  }

  /// Every effect that starts work on a helper thread gives it a `Completion`.
  private func perform(_ effect: Effect) {
    switch effect {
    // Output and records
    case .message(let message, let sender, let audience): deliver(message, from: sender, to: audience)
    case .send(let event, .sessions(let sessions, let exception)):
      outboxes.send(event, at: clock.now, to: sessions, except: exception)
    case .send(let event, .session(let session)): outboxes.send(event, at: clock.now, to: session)
    case .sendPast(let event, let time, let session): outboxes.send(event, at: time, to: session)
    case .replyWithAddress(let reply, let session): self.reply(reply, withCommandTo: session)
    case .log(let line): append(line)
    case .logPrivate(let message): store.append(message, at: clock.now)
    case .record(let record): store.append(record)

    // Sessions
    case .setDialect(let session, let dialect): outboxes.setDialect(dialect, of: session)
    case .loggedIn(let session): connections[session]?.loginDeadline = .distantFuture
    case .loggedOut(let session): if let connection = connections[session] { startLoginDeadline(of: connection) }
    case .hold(let session): connections[session]?.isWaiting = true
    case .release(let session): resume(session)
    case .closeLater(let session, let reason, let message):
      if let connection = connections[session] { scheduleClose(connection, .closed(reason: reason, message: message)) }
    case .close(let session): if let connection = connections[session] { beginClosing(connection) }

    // Work for a session
    case .start(let session, let work): start(work, for: session)
    case .beginTransfer(let session, let transfer): beginTransfer(transfer, over: session)
    case .cutTransfer(let session): cutTransfer(session)
    case .discardFile(let file): transfers.discard(file, turn: store.turn + 1)

    // Answers to control requests
    // `stop` is answered once everything is saved.
    case .reply(let request, .success(.stopping)): stopRequests.append(request)
    case .reply(let request, let result): control.reply(request, result)
    case .replyPart(let request, let part): control.reply(request, part: part)
    case .replySessions(let request, let sessions, let isLast):
      let reply = ControlReply.sessions(sessions.map { details(of: $0.session, $0.id) })
      if isLast { control.reply(request, .success(reply)) } else { control.reply(request, part: reply) }
    case .replySettings(let request): control.reply(request, .success(.settings(settingsInForce)))
    case .tls(let request, let action): answerTLS(request, action)
    case .replyStatus(let request, let status): control.reply(request, .success(.status(details(of: status))))
    case .replyTop(let request, let status, let busiest):
      control.reply(request, .success(.top(top(status, busiest))))

    // Work for a control request
    case .hashControlPassword(let request, let secret):
      passwords.hash(secret, Completion(inbox, ifDropped: .completed(.controlPasswordHashed(request, hash: nil)))) {
        .controlPasswordHashed(request, hash: $0)
      }
    case .hashStoredPassword(let stored): hash(stored)
    case .readLog(let request, let query, let error):
      if query.isFollowing { store.keepsCommitted = true }
      logs.ask(request, query, ifNothing: error)
    case .save(let request):
      let work = controlWork(request)
      store.save { work.finish(.saved(request, $0)) }
    case .check(let request):
      let work = controlWork(request)
      store.check { work.finish(.checked(request, $0)) }
    case .backup(let request): beginBackup(request)
    case .reload(let request, let force):
      reopensLog = true
      store.scanForEdits(force: force, for: request)

    // The server
    case .continueEdit: continuesEdit = true
    case .editApplied(let number): markEditApplied(number)
    case .applySettings(let settings): apply(settings)
    case .stop: beginShutdown()
    }
  }

  private func deliver(_ message: RoomMessage, from sender: SessionID, to audience: [SessionID]) {
    store.append(.message(message), at: clock.now)
    activity.counts.messages += 1
    activity.counts.deliveries += audience.count - 1
    outboxes.send(.message(message), at: clock.now, to: audience, except: sender)
    outboxes.send(.message(message.asOwn), at: clock.now, to: sender)
  }

  // MARK: Work of helper threads

  /// Nothing of the session is decoded until the work completes.
  private func start(_ work: Work, for session: SessionID) {
    connections[session]?.isWaiting = true
    func completion(ifDropped result: WorkResult) -> Completion {
      Completion(
        inbox, session: session, network: connections[session]?.network,
        ifDropped: .completed(.completed(session, result)))
    }
    switch work {
    case .verifyPassword(let secret, let hash):
      passwords.verify(secret, against: hash, completion(ifDropped: .refused))
    case .hashPassword(let secret):
      passwords.hash(secret, completion(ifDropped: .refused)) { .completed(session, .passwordHashed($0)) }
    case .readHistory(let query):
      let busy = HistoryResult.unavailable(reason: "too many clients are reading it")
      history.read(query, completion(ifDropped: .historyRead(busy)))
    case .checkFile(let check):
      transfers.check(check, completion(ifDropped: .fileChecked(.failed(reason: "the server is stopping"))))
    }
  }

  /// Begins work that a control request waits for.
  func controlWork(_ request: ControlID) -> Completion {
    Completion(inbox, ifDropped: .controlWorkDropped(request))
  }

  /// Hashes a password typed into a file. One for which the queue has no room is tried again later.
  private func hash(_ stored: StoredSecret) {
    passwords.hash(stored.secret, Completion(inbox, ifDropped: .storedPasswordDropped(stored))) {
      .storedPasswordHashed(stored, hash: $0)
    }
  }

  /// About once a second.
  func hashStoredSecrets() {
    let waiting = storedSecrets
    storedSecrets = []
    for stored in waiting { hash(stored) }
  }

  /// Gives the core the completion of a session's work, or of a request's.
  /// `helperWork`: what it took a helper thread. It counts less than the loop's own work, for which others wait.
  func complete(_ input: Input, helperWork: Int) {
    guard case .completed(let session, _) = input, let connection = connections[session] else {
      apply(input)
      return
    }
    // Before the core sees it: the completion may start the next work.
    connection.isWaiting = false
    measuringWork(for: connection) { apply(input) }
    charge(helperWork / 8, to: connection)
    enqueueDecode(connection)
  }

  private func resume(_ session: SessionID) {
    guard let connection = connections[session] else { return }
    connection.isWaiting = false
    enqueueDecode(connection)
  }

  func saved(_ request: ControlID, _ result: Result<SaveReport, StoreError>) {
    switch result {
    case .success(let report):
      log("saved", [.init("files", report.written.joined(separator: ","))])
      for notice in report.notices { log("warning", text: notice.description) }
      control.reply(request, .success(.saved(files: report.written)))
    case .failure(let error):
      log("warning", text: "cannot save: \(error)")
      control.reply(request, .failure(ControlError(.saveFailed, error.description)))
    }
  }

  // MARK: The log

  /// Between two turns: what was appended before belongs to the file that was open then.
  func reopenLog() {
    reopensLog = false
    do throws(Errno) {
      try store.reopenLog()
      _ = store.takeHasNewLog()
      apply(.logReopened(file: store.folder.log))
    } catch {
      log("warning", text: "cannot reopen the log, continuing in the old file: \(error)")
    }
  }

  func log(_ event: String, _ fields: [LogRecord.Field] = [], text: String? = nil) {
    append(.event(event, fields, text: text))
  }

  private func append(_ line: LogRecord) {
    warnings.append(line, at: clock.now)
    store.append(line, at: clock.now)
  }
}
