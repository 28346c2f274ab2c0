import ChatCore
import ChatProtocol
import ChatStore
import POSIX

// The world's side of the core: inputs go in, effects are performed.
extension Server {
  /// An input that led to more gives their memory back.
  private static let effectsKept = 4096
  /// Random bytes for the core: tokens and passwords take 16 each.
  private static let entropyBytes = 4096

  /// Gives the core an input and performs what it asks for, and then what came up meanwhile.
  func apply(_ input: Input) {
    makeRoom()
    if core.needsEntropy { core.apply(.entropy(Random.bytes(Self.entropyBytes)), at: clock.time, into: &effects) }
    core.apply(input, at: clock.time, into: &effects)
    // Held here while they are performed, so that looking at one copies nothing of it.
    var effects: [Effect] = []
    swap(&effects, &self.effects)
    if recordingError != nil { for effect in effects { noteRefusal(effect) } }
    let (mark, records) = (outboxes.mark, store.recordCount)
    for index in effects.indices { perform(effects[index]) }
    if store.recordCount != records { outboxes.withhold(since: mark) }
    effects.removeAll(keepingCapacity: effects.capacity <= Self.effectsKept)
    swap(&effects, &self.effects)
    while !followUps.isEmpty { apply(followUps.removeFirst()) }
  }

  /// Gives the core an answer that a session waited for: its next lines may be decoded.
  /// `helperWork` is what it took a helper thread, which is less than what it takes the loop: others do not wait for it.
  func answer(_ input: Input, helperWork: Int = 0) {
    let session: SessionID? = if case .completed(let id, _) = input { id } else { nil }
    // Before the core sees it: the answer may lead to the next question.
    let connection = session.flatMap { connections[$0] }
    connection?.isWaiting = false
    guard let connection else {
      apply(input)
      return
    }
    measuringWork(for: connection) { apply(input) }
    charge(helperWork / 8, to: connection)
    decodeLater(connection)
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .message(let message, let sender, let audience): tell(message, from: sender, to: audience)
    case .send(let event, .sessions(let sessions, let exception)):
      outboxes.send(event, at: clock.now, to: sessions, except: exception)
    case .send(let event, .session(let session)): outboxes.send(event, at: clock.now, to: session)
    case .sendPast(let event, let time, let session): outboxes.send(event, at: time, to: session)
    case .log(let line): append(line)
    case .record(let record): store.append(record)
    case .setDialect(let session, let dialect): outboxes.setDialect(dialect, of: session)
    case .loggedIn(let session): connections[session]?.loginDeadline_ms = .max
    case .loggedOut(let session): if let connection = connections[session] { startLoginDeadline(of: connection) }
    case .closeLater(let session, let reason, let message):
      if let connection = connections[session] { scheduleClose(connection, .closed(reason: reason, told: message)) }
    case .close(let session): if let connection = connections[session] { beginClosing(connection) }
    case .start(let session, let work):
      connections[session]?.isWaiting = true
      start(work, for: session, at: connections[session]?.network)
    case .hold(let session): connections[session]?.isWaiting = true
    case .release(let session):
      guard let connection = connections[session] else { break }
      connection.isWaiting = false
      decodeLater(connection)
    case .hashControlPassword(let request, let secret): refuse(passwords.hash(request, secret))
    case .hashStoredPassword(let stored): refuse(passwords.hash(stored))
    case .replyWithAddress(let reply, let session): self.reply(reply, withAddressTo: session)
    case .beginTransfer(let session, let transfer): beginTransfer(transfer, over: session)
    case .cutTransfer(let session): cutTransfer(session)
    case .discardFile(let file): transfers.discard(file, turn: store.turn + 1)
    // Whoever stops the server hears of it when everything is saved.
    case .reply(let request, .success(.stopping)): stopRequests.append(request)
    case .reply(let request, let result): control.reply(request, result)
    case .replyPart(let request, let part): control.reply(request, part: part)
    case .replySessions(let request, let sessions, let isLast):
      let reply = ControlReply.sessions(sessions.map { completed($0.session, of: $0.id) })
      if isLast { control.reply(request, .success(reply)) } else { control.reply(request, part: reply) }
    case .readLog(let request, let query, let fault):
      if query.isFollowing { store.keepsCommitted = true }
      logs.ask(request, query, ifNothing: fault)
    case .replySettings(let request): control.reply(request, .success(.settings(settingsInForce)))
    case .replyStatus(let request, let status): control.reply(request, .success(.status(completed(status))))
    case .replyTop(let request, let status, let busiest):
      control.reply(request, .success(.top(top(status, busiest))))
    case .save(let request): store.save { [inbox] in inbox.post(.saved(request, $0)) }
    case .backup(let request): beginBackup(request)
    case .check(let request): store.check { [inbox] in inbox.post(.checked(request, $0)) }
    case .reload(let request, let force):
      reopensLog = true
      store.scanForEdits(force: force, for: request)
    case .continueEdit: continuesEdit = true
    case .editApplied(let number): noteEditApplied(number)
    case .applySettings(let settings): use(settings)
    case .stop: beginShutdown()
    }
  }

  private func start(_ work: Work, for session: SessionID, at network: Network?) {
    switch work {
    case .verifyPassword(let secret, let hash):
      refuse(passwords.verify(session, at: network, secret, against: hash))
    case .hashPassword(let secret): refuse(passwords.hash(session, at: network, secret))
    case .readHistory(let query): history.ask(session, at: network, query)
    case .checkFile(let check): transfers.ask(session, at: network, check)
    }
  }

  private func tell(_ message: RoomMessage, from sender: SessionID, to audience: [SessionID]) {
    store.append(.message(message), at: clock.now)
    activity.counts.messages += 1
    activity.counts.deliveries += audience.count - 1
    outboxes.send(.message(message), at: clock.now, to: audience, except: sender)
    outboxes.send(.message(message.asOwn), at: clock.now, to: sender)
  }

  /// Tells somebody that too many passwords wait.
  private func refuse(_ caller: PasswordService.Caller?) {
    switch caller {
    case .session(let session):
      followUps.append(.completed(session, .refused))
      guard let connection = connections[session] else { return }
      connection.isWaiting = false
      decodeLater(connection)
    case .control(let request): followUps.append(.controlPasswordHashed(request, hash: nil))
    case .stored(let stored): storedSecrets.append(stored)
    case nil: break
    }
  }

  /// PasswordService that were typed into files, for which there was no room.
  func hashStoredSecrets() {
    let waiting = storedSecrets
    storedSecrets = []
    for stored in waiting { refuse(passwords.hash(stored)) }
  }

  func saved(_ request: ControlID, _ result: Result<SaveReport, StoreError>) {
    switch result {
    case .success(let report):
      log("saved", [.init("files", report.written.joined(separator: ","))])
      for notice in report.notices { log("warning", text: notice.description) }
      control.reply(request, .success(.saved(files: report.written)))
    case .failure(let error):
      log("warning", text: "saving failed: \(error)")
      control.reply(request, .failure(ControlError(.saveFailed, error.description)))
    }
  }

  /// Between two turns: what was appended before belongs to the file that was open then.
  func reopenLog() {
    reopensLog = false
    do throws(Errno) {
      try store.reopenLog()
      _ = store.takeHasNewLog()
      apply(.logReopened(file: store.folder.log))
    } catch {
      log("warning", text: "the log could not be opened again and goes on in the old file: \(error)")
    }
  }

  func log(_ event: String, _ fields: [LogRecord.Field] = [], text: String? = nil) {
    append(.event(event, fields, text: text))
  }

  private func append(_ line: LogRecord) {
    warnings.note(line, at: clock.now)
    store.append(line, at: clock.now)
  }
}

/// What other threads tell the loop.
enum ServerMessage: Sendable {
  /// What a session waited for, and how many microseconds of a processor it took.
  case answer(Input, work: Int)
  /// The same from the queue of passwords.
  case passwordAnswer(Input)
  /// A part of the log for clients of the control socket.
  case logRead(LogService.Answer)
  case transferEnded(SessionID, TransferResult)
  case saved(ControlID, Result<SaveReport, StoreError>)
  case checked(ControlID, [FileError])
  case captured(ControlID, Result<FolderCapture, StoreError>)
  /// A backup was sent, or was not.
  case backedUp(BackupStream.End)
  /// Something that the store's thread wants the operator to know.
  case notice(StoreNotice)
  /// A thread of the store has something for `Store.collect`.
  case storeAnswered
  /// The store's thread looked for edits in the files.
  case scanned(EditScan)
  /// Somebody in this process wants the server to end.
  case stop(reason: String)
}

extension Inbox<ServerMessage> {
  /// Posts an answer with what it took this thread to find it.
  func post(answer: () -> Input) {
    let before = SystemClock.thread_ns
    let input = answer()
    post(.answer(input, work: Int((SystemClock.thread_ns - before) / 1000)))
  }
}
