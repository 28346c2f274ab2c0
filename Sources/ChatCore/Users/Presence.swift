import ChatProtocol

typealias UserSlot = Slot<User>

/// An online user: an account with one session or more, or a guest with one.
struct User: Sendable {
  fileprivate(set) var name: Name
  fileprivate(set) var isGuest: Bool
  var sessions: [SessionID] = []
  /// In the order of joining; never empty after the login.
  var rooms: [RoomSlot] = []
  var away: String?
  /// Whether to say at the next message that the user is away.
  var mustHearOfAway = false
  fileprivate(set) var ignores = NameList()
  /// Read marks, in the order of setting the first.
  var marks: [RoomMark] = []
  /// The changes of an account that are not recorded yet.
  var unrecordedChange: UserChange
  /// Whether `Core.restrictions` may have a mute of the name: without one, a message needs no search.
  var isMuted = false

  init(name: Name, isGuest: Bool) {
    self.name = name
    self.isGuest = isGuest
    unrecordedChange = UserChange(name)
  }
}

/// The online users. Their names are unique, guests' included.
struct Users: Sendable {
  private var table = SlotTable(vacancy: User(name: .lobby, isGuest: true))
  private(set) var slotsByName: [Name: UserSlot] = [:]
  /// The users who ignore each name.
  private(set) var ignorers: [Name: Set<UserSlot>] = [:]

  var count: Int { table.count }
  var slots: [UserSlot] { table.slots }
  var indexEnd: Int { table.indexEnd }

  func slot(of name: Name) -> UserSlot? { slotsByName[name] }
  func slot(at index: Int) -> UserSlot? { table.slot(at: index) }

  subscript(slot: UserSlot) -> User {
    _read { yield table[slot] }
    _modify { yield &table[slot] }
  }

  /// nil for a name that is not online.
  subscript(name: Name) -> User? { slotsByName[name].map { table[$0] } }

  func sessions(of name: Name) -> [SessionID] { slotsByName[name].map { table[$0].sessions } ?? [] }

  mutating func insert(_ user: User) -> UserSlot {
    let slot = table.insert(user)
    slotsByName[user.name] = slot
    return slot
  }

  mutating func remove(_ slot: UserSlot) {
    for name in table[slot].ignores.names { removeIgnorer(slot, of: name) }
    slotsByName[table[slot].name] = nil
    table.remove(slot)
  }

  mutating func rename(_ slot: UserSlot, to name: Name) {
    slotsByName[table[slot].name] = nil
    table[slot].name = name
    slotsByName[name] = slot
  }

  mutating func makeAccount(_ slot: UserSlot) { table[slot].isGuest = false }

  /// False if the user ignores the name already.
  @discardableResult
  mutating func ignore(_ name: Name, by slot: UserSlot) -> Bool {
    guard table[slot].ignores.insert(name) else { return false }
    ignorers[name, default: []].insert(slot)
    return true
  }

  /// False if the user does not ignore the name.
  @discardableResult
  mutating func unignore(_ name: Name, by slot: UserSlot) -> Bool {
    guard table[slot].ignores.remove(name) != nil else { return false }
    removeIgnorer(slot, of: name)
    return true
  }

  private mutating func removeIgnorer(_ slot: UserSlot, of name: Name) {
    ignorers[name]?.remove(slot)
    if ignorers[name]?.isEmpty == true { ignorers[name] = nil }
  }
}

/// The state of offline accounts, and the unread private messages of all accounts.
struct OfflineUsers: Sendable {
  private(set) var states: PackedTable<UserState>
  /// Oldest first; no entry if there are none.
  private var unread: [Name: [Mail]] = [:]

  init(_ states: PackedTable<UserState>, _ mail: [Mail]) {
    self.states = states
    for mail in mail { add(mail) }
  }

  subscript(name: Name) -> UserState? { states[name] }

  mutating func set(_ state: UserState) { states.set(state) }

  func unread(of name: Name) -> [Mail] { unread[name] ?? [] }
  func hasUnread(_ name: Name) -> Bool { unread[name] != nil }

  mutating func add(_ mail: Mail) { unread[mail.message.to, default: []].append(mail) }

  /// False if nothing up to that id was unread.
  mutating func markRead(_ name: Name, upTo id: MessageID) -> Bool {
    guard let first = unread[name]?.first, first.message.id <= id else { return false }
    unread[name]!.removeAll { $0.message.id <= id }
    if unread[name]!.isEmpty { unread[name] = nil }
    return true
  }

  /// Removes everything of a name; false if there is nothing.
  mutating func remove(_ name: Name) -> Bool {
    let hadMail = unread.removeValue(forKey: name) != nil
    guard hadMail || states[name] != nil else { return false }
    states.remove(name)
    return true
  }
}

// Login and logout of a session, and membership. An account's sessions are all in all of its rooms; a guest has one
// session.
extension Core {
  /// Logs a session in: into `lobby`, and into the account's rooms. First comes the reply to `command`, then the
  /// announcements to others, then the unread messages.
  mutating func logIn(_ id: SessionID, as name: Name, isGuest: Bool, answering command: String, token: Secret?) {
    let isFirst = users.slot(of: name) == nil
    let slot = users.slot(of: name) ?? users.insert(User(name: name, isGuest: isGuest))
    let offlineUser = isGuest ? nil : offline[name]
    if isFirst {
      users[slot].isMuted = restrictions.mute(of: name, at: steady) != nil
      users[slot].away = offlineUser?.away
      users[slot].mustHearOfAway = users[slot].away != nil
      for ignored in offlineUser?.ignores ?? [] { users.ignore(ignored, by: slot) }
    }
    users[slot].sessions.append(id)
    sessions[id].user = slot
    sessions.setResumeToken(token, of: id)

    sessions[id].current = rooms.lobby
    for room in users[slot].rooms { subscribe(id, to: room) }
    work += users[slot].rooms.count
    var entered: [RoomSlot] = []
    if !users[slot].rooms.contains(rooms.lobby) {
      entered.append(rooms.lobby)
      addMember(slot, to: rooms.lobby, isRecorded: offlineUser?.rooms.contains(.lobby) == true)
    }
    if isFirst {
      entered += rejoin(slot, offlineUser?.rooms ?? [])
      restoreMarks(slot, offlineUser?.marks ?? [])
    }

    effects.append(.loggedIn(id))
    if isFirst || !entered.isEmpty { recordChange(of: slot, lastSeen: now) }
    if isFirst { saveOfflineUser(slot) }
    let unread = isGuest ? [] : offline.unread(of: name)
    replyEntered(Caller(session: id, user: slot), command, unread: unread.count)
    if !motd.isEmpty { send(.motd(lines: motd), to: id) }
    sendUnread(Caller(session: id, user: slot))
    send(.room(rooms[rooms.lobby].summary), to: id)
    if !isGuest { sendInvitations(to: id, users[slot]) }
    for room in entered { announce(room, .joined(room: rooms[room].name, user: name), except: id) }
    for mail in unread {
      var message = mail.message
      message.hasWaited = true
      effects.append(.sendPast(.privateMessage(message), at: mail.time, to: id))
    }
  }

  mutating func replyEntered(_ caller: Caller, _ command: String, unread: Int) {
    let user = users[caller.user]
    let session = sessions[caller.session]
    reply(
      command,
      .entered(
        user: user.name, isOperator: isOperator(user), room: rooms[session.current].name,
        rooms: user.rooms.map { rooms[$0].name }, resume: session.resumeToken, unread: unread), to: caller)
  }

  /// Adds an account to its rooms again: those that still exist, are not full and have not banned it by an edit of the
  /// files.
  private mutating func rejoin(_ user: UserSlot, _ names: [Name]) -> [RoomSlot] {
    var entered: [RoomSlot] = []
    work += 4 * names.count
    for name in names where name != .lobby {
      // The account is not a member of a new room with the same name.
      guard let room = rooms.slot(of: name), rooms[room].absentMembers.remove(users[user].name) != nil,
        !isFull(rooms[room]), !isBanned(users[user], from: rooms[room])
      else {
        users[user].unrecordedChange.leave(name)
        continue
      }
      addMember(user, to: room, isRecorded: true)
      entered.append(room)
    }
    return entered
  }

  func isFull(_ room: Room) -> Bool {
    settings.members > 0 && room.memberCount >= settings.members && !room.isLobby
  }

  /// Ends a session's login. The user goes offline with the last one.
  mutating func logOut(_ id: SessionID, reason: String) {
    guard let slot = sessions[id].user else { return }
    sessions.setResumeToken(nil, of: id)
    let joined = users[slot].rooms
    let subscriptions = sessions[id].subscriptions
    sessions[id].subscriptions = []
    for subscription in subscriptions { removeSubscription(subscription, of: id) }
    work += subscriptions.count
    users[slot].sessions.removeAll { $0 == id }
    sessions[id].user = nil
    let (name, isGuest) = (users[slot].name, users[slot].isGuest)
    logOffline(name, id, reason: reason)
    guard users[slot].sessions.isEmpty else { return }

    recordChange(of: slot, lastSeen: now)
    saveOfflineUser(slot)
    work += 4 * joined.count
    users.remove(slot)
    for room in joined {
      rooms.addToMemberCount(of: room, -1)
      rooms[room].endGuestModeration(by: name)
      // Membership of a guest's room is not stored, because the room may end before the next login.
      if !isGuest, !rooms[room].isTemporary { rooms.addAbsentMember(name, to: room) }
      announce(room, .left(room: rooms[room].name, user: name, reason: reason))
      endIfEmpty(room)
    }
  }

  mutating func logOffline(_ name: Name, _ id: SessionID, reason: String) {
    log("offline", ["user": name.text, "session": "\(id.number)"], text: reason)
  }

  // MARK: Members

  /// Makes a user a member with all sessions. Sends no event. Marks the change to be recorded, unless `isRecorded`.
  mutating func addMember(_ user: UserSlot, to room: RoomSlot, isRecorded: Bool = false) {
    users[user].rooms.append(room)
    if !isRecorded, !users[user].isGuest, !rooms[room].isTemporary {
      users[user].unrecordedChange.join(rooms[room].name)
    }
    rooms.addToMemberCount(of: room, 1)
    for session in users[user].sessions { subscribe(session, to: room) }
  }

  /// Removes a member, with all sessions. The caller moves sessions whose current room it was.
  mutating func removeMember(_ user: UserSlot, from room: RoomSlot) {
    users[user].rooms.removeAll { $0 == room }
    users[user].marks.removeAll { $0.room == room }
    if !users[user].isGuest, !rooms[room].isTemporary { users[user].unrecordedChange.leave(rooms[room].name) }
    rooms.addToMemberCount(of: room, -1)
    rooms[room].endGuestModeration(by: users[user].name)
    for session in users[user].sessions {
      guard let index = sessions[session].subscriptions.firstIndex(where: { $0.room == room }) else { continue }
      removeSubscription(sessions[session].subscriptions.remove(at: index), of: session)
    }
    work += users[user].sessions.count
  }

  private mutating func subscribe(_ id: SessionID, to room: RoomSlot) {
    sessions[id].subscriptions.append(
      Session.Subscription(room: room, position: Int32(rooms[room].sessions.count)))
    rooms[room].sessions.append(id)
  }

  /// The room's last session takes the position, so that no other moves.
  private mutating func removeSubscription(_ subscription: Session.Subscription, of id: SessionID) {
    let last = rooms[subscription.room].sessions.removeLast()
    guard last != id else { return }
    rooms[subscription.room].sessions[Int(subscription.position)] = last
    let moved = sessions[last].subscriptions.firstIndex { $0.room == subscription.room }!
    sessions[last].subscriptions[moved].position = subscription.position
  }

  // MARK: State after the session

  /// Records the changes of an account.
  mutating func recordChange(of user: UserSlot, lastSeen: Timestamp? = nil) {
    guard !users[user].isGuest else { return }
    var change = UserChange(users[user].name)
    swap(&change, &users[user].unrecordedChange)
    change.lastSeen = lastSeen
    if !change.isEmpty { record(.user(change)) }
  }

  /// Stores an account's state while it is offline.
  mutating func saveOfflineUser(_ slot: UserSlot) {
    let user = users[slot]
    guard !user.isGuest else { return }
    work += 2 * user.rooms.count
    offline.set(
      UserState(
        name: user.name, lastSeen: now,
        rooms: user.rooms.filter { !rooms[$0].isTemporary }.map { rooms[$0].name }, away: user.away,
        ignores: user.ignores.names, marks: storedMarks(of: user)))
  }

  /// Ends the membership of an offline account, which the room no longer lists.
  mutating func recordAbsentLeave(_ name: Name, from room: Name) {
    var change = UserChange(name)
    change.leave(room)
    record(.user(change))
  }

  /// Whether a name without an account is reserved by rooms or unread messages.
  func isReserved(_ name: Name) -> Bool {
    rooms.ownershipCounts[name] != nil || offline.hasUnread(name)
  }

  // MARK: Away and ignore

  /// The longest ignore list. `MemoryBound` counts with it.
  package static let ignoresMax = 100
  package static let guestIgnoresMax = 20

  mutating func setAway(_ caller: Caller, _ text: String?) {
    let name = users[caller.user].name
    let was = users[caller.user].away
    users[caller.user].mustHearOfAway = text != nil
    if was != text {
      users[caller.user].away = text
      users[caller.user].unrecordedChange.away = text.map { .away($0) } ?? .back
      recordChange(of: caller.user)
    }
    if text != nil || was != nil { log(text == nil ? "back" : "away", ["user": name.text], text: text) }
    reply("away", .away(text), to: caller)
    if was != text {
      announceToSharedRooms(
        caller, text == nil ? .back(user: name) : .away(user: name, text: text), hasText: true)
    }
  }

  /// Says once to a user who is away and writes something that they are away still.
  mutating func remindOfAway(_ caller: Caller) {
    guard let text = users[caller.user].away else { return }
    users[caller.user].mustHearOfAway = false
    send(.notice(text: "You are still away: \(text); /away without a text says that you are back."), to: caller.session)
  }

  mutating func ignore(_ caller: Caller, _ name: Name?) throws(Refusal) {
    let user = users[caller.user]
    guard let name else {
      reply("ignore", .ignored(user.ignores.names), to: caller)
      return
    }
    guard user.name != name else {
      throw Refusal(.notYourself, "You cannot ignore yourself.")
    }
    let most = user.isGuest ? Core.guestIgnoresMax : Core.ignoresMax
    guard user.ignores.names.count < most else {
      throw Refusal(.nothingToDo, "You ignore \(most) users, which is the limit; /unignore one first.")
    }
    guard !user.ignores.contains(name) else { throw Refusal(.nothingToDo, "You ignore \(name) already.") }
    let known = try knownName(name)
    users.ignore(known, by: caller.user)
    users[caller.user].unrecordedChange.ignore(known)
    recordChange(of: caller.user)
    reply("ignore", .user(known), to: caller)
  }

  mutating func unignore(_ caller: Caller, _ name: Name) throws(Refusal) {
    guard users.unignore(name, by: caller.user) else {
      throw Refusal(.nothingToDo, "You do not ignore \(name).")
    }
    users[caller.user].unrecordedChange.unignore(name)
    recordChange(of: caller.user)
    reply("unignore", .user(name), to: caller)
  }
}
