import ChatProtocol
import JSON

// What was said while there was no connection: each message is shown once, below the sentence that counts them.
extension ClientSession {
  /// What is kept for that; where more has come, the sentence says so and the rest is shown as it comes.
  static let keptMax = 500

  /// A page of a room's past.
  mutating func takeMissed(_ messages: [PastMessage], in room: Name) {
    for past in messages where past.message.id > lastSeen[room, default: 0] {
      var message = past.message
      if message.from == viewpoint.user {
        message.isOwn = comeback?.acknowledge(message) ?? false
      } else {
        comeback?.missed += 1
      }
      tell(ReceivedEvent(time: past.time, .message(message)))
      observe(.message(message))
    }
  }

  /// A room's files: those that were shared since then are told, unless they have been.
  mutating func takeMissed(_ result: Result<Reply, Refusal>, since: Timestamp) {
    guard case .success(let reply) = result, case .files(let room, let files, let more) = reply.result else { return }
    // The oldest of them was shared since then: those before it may have been as well.
    if case .before(let id) = more, let oldest = files.first, oldest.time > since {
      send("/files \(room) before \(id)", expecting: .missedFiles(since: since))
    }
    for listed in files where listed.time > since && !listed.isUnfinished {
      if known.files.contains(where: { $0.id == listed.file.id }) { continue }
      show(Reconnection.Kept(event: ReceivedEvent(time: listed.time, .file(listed.file))))
      observe(.file(listed.file))
      accept(listed.file)
    }
  }

  /// What was said in the room while its past was awaited, as far as it was not in that.
  mutating func release(_ room: Name) {
    comeback?.awaited.remove(room)
    let held = comeback?.held ?? []
    comeback?.held = []
    for kept in held {
      guard case .event(.message(let message)) = kept.event.content, message.room == room else {
        comeback?.held.append(kept)
        continue
      }
      if message.id > lastSeen[room, default: 0] {
        tell(kept.event, kept.line)
        observe(.message(message))
      }
    }
  }

  /// What came and has to wait: a message for its room's past, a private one to be counted. Whether it was taken.
  mutating func keep(_ received: ReceivedEvent, _ line: JSONValue) -> Bool {
    guard comeback != nil, case .event(let event) = received.content else { return false }
    switch event {
    case .message(let message):
      guard comeback?.awaited.contains(message.room) == true else { return false }
      comeback?.held.append(Reconnection.Kept(event: received, line: line))
    case .privateMessage(let message):
      guard message.id > lastPrivateShown else { break }
      lastPrivateShown = message.id
      if message.to == viewpoint.user {
        comeback?.missed += 1
        comeback?.missedPrivate += 1
      }
      tell(received, line)
      observe(event)
    default: return false
    }
    return true
  }

  private mutating func tell(_ event: ReceivedEvent, _ line: JSONValue? = nil) {
    let kept = Reconnection.Kept(event: event, line: line)
    guard comeback?.isTold == false else { return show(kept) }
    comeback?.kept.append(kept)
    if comeback?.kept.count == Self.keptMax { tellMissed(isAll: false) }
  }

  mutating func tellMissed(isAll: Bool) {
    guard let comeback, !comeback.isTold else { return }
    self.comeback?.isTold = true
    var sentence = "connection is back"
    if comeback.missed > 0 {
      let noun = comeback.missed == 1 ? "message" : "messages"
      sentence += "; \(isAll ? "" : "at least ")\(comeback.missed) \(noun) came meanwhile"
    }
    if comeback.missedPrivate > 0 { sentence += ", \(comeback.missedPrivate) of them private" }
    note(settings.isInteractive ? "The \(sentence)." : "the \(sentence)")
    showKept()
  }

  /// In the order in which all that was said.
  mutating func showKept() {
    let kept = comeback?.kept ?? []
    comeback?.kept = []
    for event in kept.sorted(by: { $0.id < $1.id }) { show(event) }
  }

  private mutating func show(_ kept: Reconnection.Kept) {
    show(kept.event)
    // A message of the past as the server would have written it when it was said.
    if settings.isJSON, let line = kept.line ?? JSONValue(encoding: kept.event) { show(line) }
  }
}

extension JSONValue {
  fileprivate init?(encoding received: ReceivedEvent) {
    guard case .event(let event) = received.content else { return nil }
    var line: [UInt8] = []
    Dialect.json.encode(event, at: received.time, into: &line)
    try? self.init(parsing: line)
  }
}
