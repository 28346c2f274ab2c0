import ChatProtocol

/// A list that is sent in parts: each turn handles a bounded piece of it.
struct Listing: Sendable {
  enum Table: Sendable {
    case rooms
    case users
    case sessions
    case bans
    /// Of the room of this name.
    case members(Name)
    /// nil: of all rooms.
    case files(room: Name?)
  }

  /// The greatest number of rows that a turn visits before there is a part to send.
  static let gatheredMax = 2000
  /// The greatest number of rows in a part. A row with many names counts as several.
  static let rowsMax = 400
  static let namesPerRow = 16

  let table: Table
  var names = NamesInOrder()
  // The indices not visited yet, from the last one down: if a row is removed meanwhile, a later row moves to
  // its index, and is visited twice rather than never.
  var accountsLeft = 0
  var usersLeft = 0
  var roomsLeft = 0
  var membersLeft = 0
  /// Sessions are sent by slot, from the first up.
  var nextSession = 0
  /// As they were when the listing began.
  var restrictions: ArraySlice<Restriction> = []
  /// Files are sent by id, starting after this one.
  var lastFile: MessageID = 0

  var isGathered: Bool { accountsLeft == 0 && usersLeft == 0 && roomsLeft == 0 && membersLeft == 0 }
}

// Rows are sent by name. A row that is added or removed while a list is sent may or may not be in it.
extension Core {
  mutating func beginListing(_ call: AdminCall, _ table: Listing.Table) {
    var listing = Listing(table: table)
    switch table {
    case .rooms: listing.roomsLeft = rooms.indexEnd
    case .users: (listing.accountsLeft, listing.usersLeft) = (accounts.count, users.indexEnd)
    case .sessions, .files: break
    case .bans: listing.restrictions = restrictions.all(at: steady)[...]
    case .members(let room): listing.membersLeft = sessions(in: room).count
    }
    admin.listings[call.id] = listing
    continueListing(call.id)
  }

  mutating func continueListing(_ id: ControlID) {
    guard var listing = admin.listings.removeValue(forKey: id) else { return }
    gather(&listing)
    guard listing.isGathered else {
      admin.listings[id] = listing
      effects.append(.replyPart(id, nil))
      return
    }
    let hasMore: Bool
    switch listing.table {
    case .rooms:
      let (rows, more) = part(of: &listing, { controlRoom($0) }) {
        $0.info.moderators.count + ($0.info.banned?.count ?? 0) + ($0.info.muted?.count ?? 0)
      }
      hasMore = answer(id, .rooms(rows), more: more)
    case .users:
      let (rows, more) = part(of: &listing, { controlUser($0) }, names: \.rooms.count)
      hasMore = answer(id, .users(rows), more: more)
    case .members(let room):
      let (rows, more) = part(of: &listing, { member($0, in: room) }, names: { _ in 0 })
      hasMore = answer(id, .members(rows), more: more)
    case .bans:
      let rows = listing.restrictions.prefix(Listing.rowsMax)
      listing.restrictions.removeFirst(rows.count)
      hasMore = answer(id, .bans(Array(rows)), more: !listing.restrictions.isEmpty)
    case .sessions: hasMore = answerSessions(id, &listing)
    case .files(let room):
      let ids = files.ids(in: room, after: listing.lastFile, max: Listing.rowsMax)
      let rows = ids.compactMap { files[$0] }.filter(\.isRecorded).map(\.record)
      listing.lastFile = ids.last ?? listing.lastFile
      hasMore = answer(id, .files(rows), more: ids.count == Listing.rowsMax)
    }
    if hasMore { admin.listings[id] = listing }
  }

  private func gather(_ listing: inout Listing) {
    guard !listing.isGathered else { return }
    var names: [Name] = []
    var left = Listing.gatheredMax
    listing.accountsLeft = min(listing.accountsLeft, accounts.count)
    while left > 0, listing.accountsLeft > 0 {
      left -= 1
      listing.accountsLeft -= 1
      names.append(accounts.name(at: listing.accountsLeft))
    }
    while left > 0, listing.usersLeft > 0 {
      left -= 1
      listing.usersLeft -= 1
      if let slot = users.slot(at: listing.usersLeft), users[slot].isGuest { names.append(users[slot].name) }
    }
    while left > 0, listing.roomsLeft > 0 {
      left -= 1
      listing.roomsLeft -= 1
      if let slot = rooms.slot(at: listing.roomsLeft) { names.append(rooms[slot].name) }
    }
    if case .members(let room) = listing.table {
      // The room may be gone, or have lost members.
      let audience = sessions(in: room)
      listing.membersLeft = min(listing.membersLeft, audience.count)
      while left > 0, listing.membersLeft > 0 {
        left -= 1
        listing.membersLeft -= 1
        names.append(users[sessions[audience[listing.membersLeft]].user!].name)
      }
    }
    listing.names.add(names)
  }

  /// The next rows, and whether there may be more.
  private func part<Row>(
    of listing: inout Listing, _ row: (Name) -> Row?, names: (Row) -> Int
  ) -> (rows: [Row], more: Bool) {
    var rows: [Row] = []
    var left = Listing.rowsMax * Listing.namesPerRow
    while left > 0 {
      guard let name = listing.names.next() else { return (rows, false) }
      left -= Listing.namesPerRow
      guard let row = row(name) else { continue }
      left -= names(row)
      rows.append(row)
    }
    return (rows, true)
  }

  /// Returns `more`.
  private mutating func answer(_ id: ControlID, _ reply: ControlReply, more: Bool) -> Bool {
    if more { effects.append(.replyPart(id, reply)) } else { answer(id, reply) }
    return more
  }

  private func sessions(in room: Name) -> [SessionID] { rooms.slot(of: room).map { rooms[$0].sessions } ?? [] }

  /// nil for a user who has left the room.
  private func member(_ name: Name, in room: Name) -> RoomMember? {
    guard let slot = rooms.slot(of: room), let user = users[name], user.rooms.contains(slot) else { return nil }
    return roomMember(user, of: slot)
  }

  private func controlRoom(_ name: Name) -> ControlRoom? {
    rooms.slot(of: name).map { ControlRoom(info: roomInfo(rooms[$0], whole: true), members: nil) }
  }

  private mutating func answerSessions(_ id: ControlID, _ listing: inout Listing) -> Bool {
    let transferring = Dictionary(transfers.keys.map { (Int($0.slot), $0) }, uniquingKeysWith: { $1 })
    var rows: [(id: SessionID, session: ControlSession)] = []
    let end = min(sessions.slotEnd, listing.nextSession + Listing.gatheredMax)
    while listing.nextSession < end, rows.count < Listing.rowsMax {
      if let id = transferring[listing.nextSession], let running = transfers[id] {
        rows.append((id, controlSession(id, running)))
      } else if let session = sessions.session(at: listing.nextSession) {
        rows.append((session.id, controlSession(session)))
      }
      listing.nextSession += 1
    }
    let hasMore = listing.nextSession < sessions.slotEnd
    effects.append(.replySessions(id, rows, isLast: !hasMore))
    return hasMore
  }
}
