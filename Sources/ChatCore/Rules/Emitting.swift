import ChatProtocol

// How the rules ask for something: short names for the effects they all use.
extension Core {
  mutating func send(_ event: Event, to session: SessionID) { effects.append(.send(event, to: .session(session))) }

  mutating func send(_ event: Event, to sessions: [SessionID], except: SessionID? = nil) {
    guard !sessions.isEmpty else { return }
    effects.append(.send(event, to: .sessions(sessions, except: except)))
  }

  mutating func reply(_ command: String, _ result: Reply.Result = .done, to session: SessionID) {
    send(.ok(Reply(command, result)), to: session)
  }

  mutating func refuse(_ session: SessionID, _ command: String, _ code: ErrorCode, _ sentence: String) {
    send(.error(CommandError(command: command, code: code, message: sentence)), to: session)
  }

  mutating func record(_ record: Record) { effects.append(.record(record)) }

  mutating func log(_ event: String, _ fields: [LogRecord.Field], text: String? = nil) {
    effects.append(.log(.event(event, fields, text: text)))
  }

  /// Ids do not run through a line of the log, so each file begins with one: what follows is counted from there.
  mutating func logReopened(_ file: String) {
    let id = nextID > .greatest ? [] : [LogRecord.Field("id", "\(makeID())")]
    log("reopened", id + [.init("file", file)])
  }

  /// Whoever asks has seen that something can be recorded, and so that there is one.
  mutating func makeID() -> MessageID {
    let id = nextID
    nextID += 1
    if nextID > .greatest { setRecording(recordingError) }
    return id
  }
}
