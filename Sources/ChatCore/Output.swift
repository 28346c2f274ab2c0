import ChatProtocol

/// The fields of a line in the log, in their order: `["room": room.text, "by": user.text]`.
struct LogFields: ExpressibleByDictionaryLiteral {
  private(set) var fields: [LogRecord.Field]

  init(_ fields: [LogRecord.Field]) { self.fields = fields }
  init(dictionaryLiteral elements: (String, String)...) { fields = elements.map { LogRecord.Field($0, $1) } }

  static func + (left: LogFields, right: LogFields) -> LogFields { LogFields(left.fields + right.fields) }
}

/// Why a rule rejects a command: what happened, then what to do. A rule throws it, and the session gets it as an
/// error.
struct Refusal: Error {
  let code: ErrorCode
  let sentence: String

  init(_ code: ErrorCode, _ sentence: String) {
    self.code = code
    self.sentence = sentence
  }

  static func cannotRecord(_ error: String) -> Refusal {
    Refusal(
      .cannotRecord,
      "The server cannot save anything at the moment (\(error)), so it did not do this; try again later.")
  }
}

// Effects used by all rules.
extension Core {
  mutating func send(_ event: Event, to session: SessionID) { effects.append(.send(event, to: .session(session))) }

  mutating func send(_ event: Event, to sessions: [SessionID], except: SessionID? = nil) {
    guard !sessions.isEmpty else { return }
    effects.append(.send(event, to: .sessions(sessions, except: except)))
  }

  mutating func reply(_ command: String, _ result: Reply.Result = .done, to session: SessionID) {
    send(.ok(Reply(command, result)), to: session)
  }

  mutating func reply(_ command: String, _ result: Reply.Result = .done, to caller: Caller) {
    reply(command, result, to: caller.session)
  }

  mutating func refuse(_ session: SessionID, _ command: String, _ refusal: Refusal) {
    send(.error(CommandError(command: command, code: refusal.code, message: refusal.sentence)), to: session)
  }

  mutating func record(_ record: Record) { effects.append(.record(record)) }

  mutating func log(_ event: String, _ fields: LogFields, text: String? = nil) {
    effects.append(.log(.event(event, fields.fields, text: text)))
  }

  /// A new file of the log begins with an id, from which its readers count.
  mutating func logReopened(_ file: String) {
    let id: LogFields = nextID > .greatest ? [:] : ["id": "\(makeID())"]
    log("reopened", id + ["file": file])
  }

  /// An id is available as long as the server can record.
  mutating func makeID() -> MessageID {
    let id = nextID
    nextID += 1
    if nextID > .greatest { setRecording(recordingError) }
    return id
  }

  // MARK: Announcements

  /// The number of sessions after which a tick sends no more due counts.
  private static let countRecipientsMax = 20_000

  /// Announces to a room that a user joined or left. A large room gets its new count instead, with the next tick.
  mutating func announce(_ room: RoomSlot, _ event: Event, except: SessionID? = nil) {
    if isAnnounced(room) {
      send(event, to: rooms[room].sessions, except: except)
    } else {
      rooms.setCountDue(room)
    }
  }

  private func isAnnounced(_ room: RoomSlot) -> Bool {
    settings.announcedMembers == 0 || rooms[room].memberCount <= settings.announcedMembers
  }

  mutating func sendDueCounts() {
    for room in rooms.takeCountsDue(upTo: Core.countRecipientsMax) {
      send(.room(rooms[room].summary), to: rooms[room].sessions)
    }
  }

  /// Sends an event once to each user who shares a room with the caller. Large rooms are skipped. `hasText`: the event has a
  /// text of the caller, which is not sent to users who ignore the caller.
  mutating func announceToSharedRooms(_ caller: Caller, _ event: Event, hasText: Bool = false) {
    // By the sessions' slots.
    var isIncluded = Array(repeating: false, count: sessions.slotEnd)
    isIncluded[Int(caller.session.slot)] = true
    for ignorer in hasText ? users.ignorers[users[caller.user].name] ?? [] : [] {
      for session in users[ignorer].sessions { isIncluded[Int(session.slot)] = true }
    }
    var audience: [SessionID] = []
    for room in users[caller.user].rooms where isAnnounced(room) {
      work += rooms[room].sessions.count / 32 + 1
      for session in rooms[room].sessions where !isIncluded[Int(session.slot)] {
        isIncluded[Int(session.slot)] = true
        audience.append(session)
      }
    }
    send(event, to: audience)
  }
}
