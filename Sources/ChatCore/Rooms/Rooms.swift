import ChatProtocol

typealias RoomSlot = Slot<Room>

/// A room, with its members' sessions. Properties that `Rooms` indexes are changed there.
struct Room: Sendable {
  fileprivate(set) var name: Name
  var topic: String
  fileprivate(set) var owner: Name?
  /// As in `RoomRecord.password`.
  var password: String?
  fileprivate(set) var created: Timestamp?
  fileprivate(set) var moderators: NameList
  var banned: NameList
  var muted: NameList
  var isHidden: Bool
  fileprivate(set) var invitations: [Invitation]
  /// As in `RoomRecord.firstID`.
  var firstID: MessageID?
  /// The network of the guest who made the room; nil for a permanent room. A guest's room ends with its last member and
  /// is never recorded.
  fileprivate(set) var guestNetwork: Network?

  /// The guest who made the room and has not left it since.
  var guestModerator: Name?

  /// All sessions of all members: the audience of a message, stored as one list so that sending needs no search.
  var sessions: [SessionID] = []
  fileprivate(set) var memberCount = 0
  /// Member accounts that are offline. Not stored for `lobby`, which cannot be deleted.
  var absentMembers: Set<Name> = []
  fileprivate var messageRate = MessageRate()
  /// How many messages it has had.
  var ordinals = RoomOrdinals()
  /// Whether `CountKeeping.changed` lists it no longer.
  var isCountRecorded = true
  /// Whether its members must get a `room` event with the new count.
  fileprivate(set) var hasCountDue = false

  init(_ record: RoomRecord, guestNetwork: Network? = nil) {
    name = record.name
    topic = record.topic
    owner = record.owner
    password = record.password
    created = record.created
    firstID = record.firstID
    isHidden = record.isHidden
    invitations = record.invitations
    moderators = NameList(record.moderators)
    banned = NameList(record.banned)
    muted = NameList(record.muted)
    self.guestNetwork = guestNetwork
  }

  var isLobby: Bool { name == .lobby }
  var isLocked: Bool { password != nil }
  var isTemporary: Bool { guestNetwork != nil }
  var ownerAndModerators: [Name] { (owner.map { [$0] } ?? []) + moderators.names }

  mutating func endGuestModeration(by name: Name) { if guestModerator == name { guestModerator = nil } }

  var record: RoomRecord {
    RoomRecord(
      name: name, topic: topic, owner: owner, password: password, created: created, firstID: firstID,
      moderators: moderators.names, banned: banned.names, muted: muted.names, isHidden: isHidden,
      invitations: invitations)
  }

  var summary: RoomSummary {
    RoomSummary(name: name, topic: topic, owner: owner, isLocked: isLocked, members: memberCount, isHidden: isHidden)
  }
}

/// The rooms, with counts and orders of them.
struct Rooms: Sendable {
  private var table = SlotTable(vacancy: Room(RoomRecord(name: .lobby)))
  private(set) var slotsByName: [Name: RoomSlot] = [:]
  private(set) var ranking = RoomRanking()
  /// How many rooms each name owns or moderates: such a name is reserved even if its account's row is gone.
  private(set) var ownershipCounts: [Name: Int] = [:]
  /// The rooms that invite each name.
  private(set) var invitingRooms: [Name: [RoomSlot]] = [:]
  /// The number of rooms made by guests of each network.
  private(set) var guestRoomCounts: [Network: Int] = [:]
  /// Those with `hasCountDue`.
  private(set) var withCountDue: [RoomSlot] = []
  private(set) var activity = RoomActivity()

  var count: Int { table.count }
  var slots: [RoomSlot] { table.slots }
  var indexEnd: Int { table.indexEnd }
  var lobby: RoomSlot { slotsByName[.lobby]! }

  func slot(of name: Name) -> RoomSlot? { slotsByName[name] }
  func slot(at index: Int) -> RoomSlot? { table.slot(at: index) }
  func contains(_ slot: RoomSlot) -> Bool { table.contains(slot) }

  subscript(slot: RoomSlot) -> Room {
    _read { yield table[slot] }
    _modify { yield &table[slot] }
  }

  @discardableResult
  mutating func insert(_ room: Room) -> RoomSlot {
    for name in room.ownerAndModerators { ownershipCounts[name, default: 0] += 1 }
    if let network = room.guestNetwork { guestRoomCounts[network, default: 0] += 1 }
    let slot = table.insert(room)
    ranking.insert(slot, memberCount: room.memberCount)
    slotsByName[room.name] = slot
    for invitation in room.invitations { invitingRooms[invitation.user, default: []].append(slot) }
    return slot
  }

  /// Removes a room that has no members.
  mutating func remove(_ slot: RoomSlot) -> Room {
    precondition(table[slot].memberCount == 0 && !table[slot].isLobby, "only an empty room ends, and lobby never")
    setInvitations([], of: slot)
    let room = table.remove(slot)
    ranking.remove(slot, memberCount: 0)
    slotsByName[room.name] = nil
    if room.hasCountDue { withCountDue.removeAll { $0 == slot } }
    if let network = room.guestNetwork { decrementGuestRooms(of: network) }
    for name in room.ownerAndModerators { decrementOwnership(of: name) }
    return room
  }

  /// Replaces the record of a room by one of the same name.
  mutating func replace(_ slot: RoomSlot, with record: RoomRecord) {
    for name in table[slot].ownerAndModerators { decrementOwnership(of: name) }
    table[slot].name = record.name
    table[slot].topic = record.topic
    table[slot].owner = record.owner
    table[slot].password = record.password
    table[slot].created = record.created
    table[slot].firstID = record.firstID
    table[slot].isHidden = record.isHidden
    setInvitations(record.invitations, of: slot)
    table[slot].moderators = NameList(record.moderators)
    table[slot].banned = NameList(record.banned)
    table[slot].muted = NameList(record.muted)
    for name in table[slot].ownerAndModerators { ownershipCounts[name, default: 0] += 1 }
  }

  /// Makes a guest's room permanent.
  mutating func makePermanent(_ slot: RoomSlot) {
    guard let network = table[slot].guestNetwork else { return }
    table[slot].guestNetwork = nil
    decrementGuestRooms(of: network)
  }

  mutating func setInvitations(_ invitations: [Invitation], of slot: RoomSlot) {
    for invitation in table[slot].invitations {
      invitingRooms[invitation.user]!.removeAll { $0 == slot }
      if invitingRooms[invitation.user]!.isEmpty { invitingRooms[invitation.user] = nil }
    }
    table[slot].invitations = invitations
    for invitation in invitations { invitingRooms[invitation.user, default: []].append(slot) }
  }

  // MARK: Owners and moderators

  /// False if the name moderates the room already.
  mutating func addModerator(_ name: Name, to slot: RoomSlot) -> Bool {
    guard table[slot].moderators.insert(name) else { return false }
    ownershipCounts[name, default: 0] += 1
    return true
  }

  /// The name as it is written in the room's list; nil if it is not there.
  mutating func removeModerator(_ name: Name, from slot: RoomSlot) -> Name? {
    guard let removed = table[slot].moderators.remove(name) else { return nil }
    decrementOwnership(of: removed)
    return removed
  }

  /// Of a room without an owner.
  mutating func setOwner(_ name: Name, of slot: RoomSlot) {
    precondition(table[slot].owner == nil, "an owner is not replaced")
    table[slot].owner = name
    ownershipCounts[name, default: 0] += 1
  }

  mutating func removeOwner(of slot: RoomSlot) {
    guard let owner = table[slot].owner else { return }
    table[slot].owner = nil
    decrementOwnership(of: owner)
  }

  /// The rooms that a name owns or moderates. The search stops at the last of them, and does not start for a name
  /// without any.
  func moderated(by name: Name) -> [RoomSlot] {
    var left = ownershipCounts[name] ?? 0
    var found: [RoomSlot] = []
    for index in 0..<table.indexEnd where left > 0 {
      guard let slot = table.slot(at: index) else { continue }
      let count = (table[slot].owner == name ? 1 : 0) + (table[slot].moderators.contains(name) ? 1 : 0)
      if count > 0 { found.append(slot) }
      left -= count
    }
    return found
  }

  private mutating func decrementOwnership(of name: Name) {
    guard let count = ownershipCounts[name] else { preconditionFailure("\(name) owned and moderated nothing") }
    ownershipCounts[name] = count == 1 ? nil : count - 1
  }

  private mutating func decrementGuestRooms(of network: Network) {
    let left = guestRoomCounts[network]! - 1
    guestRoomCounts[network] = left > 0 ? left : nil
  }

  // MARK: Members

  mutating func addToMemberCount(of slot: RoomSlot, _ difference: Int) {
    let before = table[slot].memberCount
    ranking.move(slot, from: before, to: before + difference)
    table[slot].memberCount = before + difference
  }

  mutating func addAbsentMember(_ name: Name, to slot: RoomSlot) {
    if !table[slot].isLobby { table[slot].absentMembers.insert(name) }
  }

  /// Whether an offline account is a member of the room of that name.
  func isAbsentMember(_ name: Name, of room: Name) -> Bool {
    room == .lobby || slotsByName[room].map { table[$0].absentMembers.contains(name) } ?? false
  }

  mutating func setCountDue(_ slot: RoomSlot) {
    guard !table[slot].hasCountDue else { return }
    table[slot].hasCountDue = true
    withCountDue.append(slot)
  }

  /// The first rooms with a count due, until together they have this many sessions.
  mutating func takeCountsDue(upTo sessionsMax: Int) -> [RoomSlot] {
    var sessions = 0
    let taken = Array(
      withCountDue.prefix { slot in
        defer { sessions += table[slot].sessions.count }
        return sessions < sessionsMax
      })
    withCountDue.removeFirst(taken.count)
    for slot in taken { table[slot].hasCountDue = false }
    return taken
  }

  // MARK: Activity

  mutating func countMessage(in slot: RoomSlot, at now: SteadyTime) {
    if table[slot].messageRate.uncounted == 0 {
      if activity.recentlyActive.count >= RoomActivity.recentlyActiveMax { updateMessageRates(at: now) }
      activity.recentlyActive.append(slot)
    }
    table[slot].messageRate.uncounted += 1
  }

  mutating func updateMessageRates(at now: SteadyTime) {
    if activity.recentlyActive.isEmpty { return }
    let second = now.milliseconds / 1000
    // The slot may now be another room's, and so be listed twice.
    for slot in activity.recentlyActive where table.contains(slot) { table[slot].messageRate.update(at: second) }
    var busiest: [(slot: RoomSlot, rate: Float)] = []
    for slot in activity.busiest + activity.recentlyActive {
      guard table.contains(slot) else { continue }
      let rate = table[slot].messageRate.perMinute(at: second)
      if busiest.count == RoomActivity.busiestMax, rate <= busiest[busiest.count - 1].rate { continue }
      if busiest.contains(where: { $0.slot == slot }) { continue }
      if busiest.count == RoomActivity.busiestMax { busiest.removeLast() }
      busiest.insert((slot, rate), at: busiest.firstIndex { $0.rate < rate } ?? busiest.count)
    }
    activity.busiest = busiest.map(\.slot)
    activity.recentlyActive.removeAll(keepingCapacity: true)
  }

  /// Those with messages in the last minute, the busiest first.
  mutating func busiest(at now: SteadyTime) -> [ControlBusyRoom] {
    updateMessageRates(at: now)
    let second = now.milliseconds / 1000
    let busy = activity.busiest.filter { table.contains($0) }.map { slot in
      ControlBusyRoom(
        room: table[slot].name, members: table[slot].memberCount,
        messagesPerMinute: Int(table[slot].messageRate.perMinute(at: second).rounded()))
    }
    return Array(busy.filter { $0.messagesPerMinute > 0 }.prefix(ControlTop.rowsMax))
  }
}

/// Messages per minute. Older ones count less and less, and after a minute without messages the rate is 0.
///
/// A message costs an addition. `update` is due about once a second.
private struct MessageRate: Sendable {
  /// Messages since the last update.
  var uncounted: Int32 = 0
  private var perMinute: Float = 0
  /// The second of the last update.
  private var second: Int64 = 0

  private static let idleSeconds: Int64 = 60
  /// The part of the rate that remains after a second. A constant number of messages per second gives sixty times that
  /// rate.
  private static let remainder: Float = 59.0 / 60.0

  mutating func update(at second: Int64) {
    perMinute = perMinute(at: second) + Float(uncounted)
    uncounted = 0
    self.second = second
  }

  func perMinute(at second: Int64) -> Float {
    let seconds = max(0, second - self.second)
    guard seconds <= Self.idleSeconds else { return 0 }
    return (0..<seconds).reduce(perMinute) { value, _ in value * Self.remainder }
  }
}

/// The busiest rooms, found without reading idle ones: all rates fall alike, so only a room with new messages overtakes
/// another.
struct RoomActivity: Sendable {
  /// More rooms than are shown, so that deleted rooms leave no gap.
  static let busiestMax = 32
  /// With this many rooms the rates are updated at once.
  static let recentlyActiveMax = 4096

  var busiest: [RoomSlot] = []
  /// Rooms with messages since the last update.
  var recentlyActive: [RoomSlot] = []
}

/// The rooms by their number of members, so that the fullest are found without reading the others.
///
/// Rooms with as many members share a list; a move from one to another is a few assignments.
struct RoomRanking: Sendable {
  /// By the number of members.
  private var lists: [[RoomSlot]] = []
  /// Each room's position in its list, by the index of its slot.
  private var positions: [Int32] = []

  mutating func insert(_ slot: RoomSlot, memberCount: Int) {
    while lists.count <= memberCount { lists.append([]) }
    while positions.count <= Int(slot.index) { positions.append(0) }
    positions[Int(slot.index)] = Int32(lists[memberCount].count)
    lists[memberCount].append(slot)
  }

  mutating func remove(_ slot: RoomSlot, memberCount: Int) {
    let position = positions[Int(slot.index)]
    let last = lists[memberCount].removeLast()
    if last != slot {
      lists[memberCount][Int(position)] = last
      positions[Int(last.index)] = position
    }
    while lists.last?.isEmpty == true { lists.removeLast() }
  }

  mutating func move(_ slot: RoomSlot, from before: Int, to after: Int) {
    remove(slot, memberCount: before)
    insert(slot, memberCount: after)
  }

  /// The fullest first, as long as `body` returns true.
  func forEach(while body: (RoomSlot) -> Bool) {
    for list in lists.reversed() {
      for slot in list where !body(slot) { return }
    }
  }
}
