import ChatProtocol

// What the session knows of rooms and people without being asked, for the status line and for Tab.
extension ClientSession {
  mutating func observe(_ event: Event) {
    switch event {
    case .ok(let reply): observe(reply)
    case .message(let message):
      known.hear(message.from)
      lastSeen[message.room] = max(lastSeen[message.room] ?? 0, message.id)
      guard message.room != viewpoint.room, !message.isOwn else { break }
      overview.change(message.room) { place in
        place.unread += 1
        if message.calls(viewpoint.user) { place.isCalled = true }
      }
    case .privateMessage(let message):
      if message.from != viewpoint.user { known.hear(message.from) }
    case .joined(let room, let user):
      known.see(user)
      if user == viewpoint.user { overview.enter(room) } else { count(room, 1) }
    case .left(let room, let user, _):
      if user == viewpoint.user { overview.leave(room) } else { count(room, -1) }
    case .room(let summary): observe(summary)
    case .file(let file): known.see(file: file)
    case .unsent(_, let id, _, _): known.forget(file: id)
    case .kicked(let room?, _, _): overview.leave(room)
    case .deleted(let room, _):
      overview.leave(room)
      known.forget(room: room)
    default: break
    }
  }

  private mutating func observe(_ reply: Reply) {
    switch reply.result {
    case .entered(_, _, _, let rooms, _, _):
      overview.enter(rooms)
      for room in rooms { known.see(room: room) }
    case .moved(let room, _):
      known.see(room: room)
      if reply.command == "leave" { overview.leave(room) } else { overview.enter(room) }
    case .room(let room, _):
      if reply.command != "delete" { known.see(room: room) }
      if reply.command == "create" { overview.enter(room) }
      if reply.command == "delete" {
        overview.leave(room)
        known.forget(room: room)
      }
    case .rooms(let rooms, _): for room in rooms { observe(room) }
    case .info(let info): observe(info.summary)
    case .files(_, let files, _): for listed in files where !listed.isUnfinished { known.see(file: listed.file) }
    case .who(_, let users, _): for user in users { known.see(user.name) }
    case .user where reply.command == "kick": if let room = viewpoint.room { count(room, -1) }
    case .file(let id) where reply.command == "unsend": known.forget(file: id)
    case .done where reply.command == "logout": overview.enter([])
    default: break
    }
  }

  private mutating func observe(_ summary: RoomSummary) {
    known.see(room: summary.name)
    overview.change(summary.name) { $0.members = summary.members }
  }

  private mutating func count(_ room: Name, _ difference: Int) {
    overview.change(room) { place in place.members = place.members.map { max(0, $0 + difference) } }
  }

  private var connection: Overview.Connection {
    if let comeback { return .lost(attempt: max(1, comeback.attempt - 1)) }
    return phase == .greeting ? .connecting : .connected
  }

  /// After whatever has happened: what is on the screen now has been read, and how many are here is asked for where nobody
  /// has told.
  mutating func refreshOverview() {
    overview.connection = connection
    overview.user = viewpoint.user
    overview.current = viewpoint.room
    let lines = (comeback?.unanswered ?? []) + pending.compactMap(\.typedLine)
    overview.transfers = waitingFiles
    overview.unrecorded =
      lines.compactMap(\.said)
      + unsent.map(\.text).filter { !$0.hasPrefix("/") || $0.hasPrefix("//") || $0.isAboutFile }
    // On the way back one passes through rooms without reading them.
    guard comeback == nil, let room = viewpoint.room, let place = overview[room] else { return }
    overview.change(room) { ($0.unread, $0.isCalled) = (0, false) }
    guard settings.hasOverview, phase == .chatting else { return }
    if place.members == nil, !pending.contains(.counting(room)) { send("/info \(room)", expecting: .counting(room)) }
    if !hasSurveyed {
      hasSurveyed = true
      send("/rooms", expecting: .survey)
    }
  }
}

extension TypedLine {
  /// What somebody will read of it; nil where it says nothing to a room.
  fileprivate var said: String? {
    switch command {
    case .message(let text): text
    case .action(let text): "/me \(text)"
    case .say(let room, let text): "[\(room)] \(text)"
    default: nil
    }
  }
}

extension String {
  /// Whether it sends or fetches a file.
  fileprivate var isAboutFile: Bool {
    let word = dropFirst().prefix { $0 != " " }.lowercased()
    return hasPrefix("/") && ClientCommands.own.contains { $0.name == word }
  }
}
