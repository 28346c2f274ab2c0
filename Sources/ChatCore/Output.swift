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

extension Core {
  /// Tells a room of a coming or going; in a large one the members get the new count instead, with the next tick.
  mutating func announce(_ room: Int32, _ event: Event, except: SessionID? = nil) {
    guard settings.announcedMembers == 0 || rooms[room].memberCount <= settings.announcedMembers else {
      guard !rooms[room].hasCountDue else { return }
      rooms[room].hasCountDue = true
      roomsWithCountDue.append(room)
      return
    }
    send(event, to: rooms[room].sessions, except: except)
  }

  /// How many are recipients at a time, at least: the rest comes with the next ticks.
  private static let countRecipientsMax = 20_000

  mutating func sendDueCounts() {
    var recipients = 0
    var done = 0
    while done < roomsWithCountDue.count, recipients < Core.countRecipientsMax {
      let slot = roomsWithCountDue[done]
      done += 1
      rooms[slot].hasCountDue = false
      recipients += rooms[slot].sessions.count
      send(.room(rooms[slot].summary), to: rooms[slot].sessions)
    }
    roomsWithCountDue.removeFirst(done)
  }

  /// Tells everybody who shares a room with somebody, each once; not the rooms too large for it.
  mutating func announceToSharedRooms(of person: Int32, _ event: Event, except: SessionID) {
    // By the sessions' places.
    var isTold = Array(repeating: false, count: sessions.placeCount)
    isTold[Int(except.slot)] = true
    var audience: [SessionID] = []
    for room in people[person].rooms
    where settings.announcedMembers == 0 || rooms[room].memberCount <= settings.announcedMembers {
      work += rooms[room].sessions.count / 32 + 1
      for session in rooms[room].sessions where !isTold[Int(session.slot)] {
        isTold[Int(session.slot)] = true
        audience.append(session)
      }
    }
    send(event, to: audience)
  }
}
