import ChatProtocol

/// A list for the operator on its way, in parts: however long it is, a turn does a bounded piece of it.
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

  /// What one turn looks at, at most, before there is anything to tell.
  static let gatheredMax = 2000
  /// What a part holds at most. A row counts more the more names stand in it.
  static let rowsMax = 400
  static let namesPerRow = 16

  let table: Table
  var names = NamesInOrder()
  // Places that are still to be looked at, from the last one down: where a row is taken out meanwhile, one from behind
  // moves to its place, and is met twice rather than never.
  var accountsLeft = 0
  var peopleLeft = 0
  var roomsLeft = 0
  var membersLeft = 0
  /// Sessions are told by their places, up from the first.
  var nextSession = 0
  /// As they were when it began.
  var restrictions: ArraySlice<Restriction> = []
  /// Files are told by their ids, behind this one.
  var lastFile: MessageID = 0

  var isGathered: Bool { accountsLeft == 0 && peopleLeft == 0 && roomsLeft == 0 && membersLeft == 0 }
}

// Rows come by name. One that is added while a list is told may be missing, one that is taken out may be there.
extension Core {
  mutating func beginListing(_ id: ControlID, _ table: Listing.Table) {
    var listing = Listing(table: table)
    switch table {
    case .rooms: listing.roomsLeft = rooms.placeCount
    case .users: (listing.accountsLeft, listing.peopleLeft) = (accounts.count, people.placeCount)
    case .sessions, .files: break
    case .bans: listing.restrictions = restrictions.all(at: steady)[...]
    case .members(let room): listing.membersLeft = roomsByName[room].map { rooms[$0].sessions.count } ?? 0
    }
    listings[id] = listing
    continueListing(id)
  }

  mutating func continueListing(_ id: ControlID) {
    guard var listing = listings.removeValue(forKey: id) else { return }
    gather(&listing)
    guard listing.isGathered else {
      listings[id] = listing
      effects.append(.replyPart(id, nil))
      return
    }
    let isLast: Bool
    switch listing.table {
    case .rooms:
      let (rows, more) = part(of: &listing, { roomsByName[$0].map { room(at: $0) } }) {
        $0.info.moderators.count + ($0.info.banned?.count ?? 0) + ($0.info.muted?.count ?? 0)
      }
      tell(id, .rooms(rows), more: more)
      isLast = !more
    case .users:
      let (rows, more) = part(of: &listing, { controlUser($0) }, names: \.rooms.count)
      tell(id, .users(rows), more: more)
      isLast = !more
    case .members(let room):
      let (rows, more) = part(of: &listing, { member($0, in: room) }, names: { _ in 0 })
      tell(id, .members(rows), more: more)
      isLast = !more
    case .bans:
      let rows = listing.restrictions.prefix(Listing.rowsMax)
      listing.restrictions.removeFirst(rows.count)
      isLast = listing.restrictions.isEmpty
      tell(id, .bans(Array(rows)), more: !isLast)
    case .sessions: isLast = sendSessions(id, &listing)
    case .files(let room): isLast = sendFiles(id, in: room, &listing)
    }
    if !isLast { listings[id] = listing }
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
    while left > 0, listing.peopleLeft > 0 {
      left -= 1
      listing.peopleLeft -= 1
      let slot = Int32(listing.peopleLeft)
      if people.isInUse(slot), people[slot].isGuest { names.append(people[slot].name) }
    }
    while left > 0, listing.roomsLeft > 0 {
      left -= 1
      listing.roomsLeft -= 1
      let slot = Int32(listing.roomsLeft)
      if rooms.isInUse(slot) { names.append(rooms[slot].name) }
    }
    if case .members(let room) = listing.table {
      // The room may have gone since, or lost members.
      let audience = roomsByName[room].map { rooms[$0].sessions } ?? []
      listing.membersLeft = min(listing.membersLeft, audience.count)
      while left > 0, listing.membersLeft > 0 {
        left -= 1
        listing.membersLeft -= 1
        names.append(people[sessions[audience[listing.membersLeft]].person!].name)
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

  /// Somebody who is in the room; nil for who has left it meanwhile.
  private func member(_ name: Name, in room: Name) -> RoomMember? {
    guard let slot = roomsByName[room], let place = present[name], people[place].rooms.contains(slot) else {
      return nil
    }
    return member(people[place], of: slot)
  }

  private mutating func tell(_ id: ControlID, _ reply: ControlReply, more: Bool) {
    if more { effects.append(.replyPart(id, reply)) } else { answer(id, reply) }
  }

  private func room(at slot: Int32) -> ControlRoom {
    ControlRoom(info: roomInfo(rooms[slot], whole: true), members: nil)
  }

  private mutating func sendSessions(_ id: ControlID, _ listing: inout Listing) -> Bool {
    let transferring = Dictionary(transfers.keys.map { (Int($0.slot), $0) }, uniquingKeysWith: { $1 })
    var rows: [(id: SessionID, session: ControlSession)] = []
    let end = min(sessions.placeCount, listing.nextSession + Listing.gatheredMax)
    while listing.nextSession < end, rows.count < Listing.rowsMax {
      if let id = transferring[listing.nextSession], let running = transfers[id] {
        rows.append((id, controlSession(id, running)))
      } else if let session = sessions[place: listing.nextSession] {
        rows.append((session.id, controlSession(session)))
      }
      listing.nextSession += 1
    }
    let isLast = listing.nextSession >= sessions.placeCount
    effects.append(.replySessions(id, rows, isLast: isLast))
    return isLast
  }
}
