import ChatProtocol

struct Room: Sendable {
  var name: Name
  var topic: String
  var owner: Name?
  /// As in `RoomRecord.password`.
  var password: String?
  var created: Timestamp?
  var moderators: NameList
  var banned: NameList
  var muted: NameList
  /// As in `RoomRecord.firstID`.
  var firstID: MessageID?
  /// Made by a guest: goes with its last member and is never recorded.
  var isTemporary: Bool
  /// Where the guest came from who made it.
  var network: Network?

  /// Every session of everybody who is in it: the audience of its messages, kept whole so that a message costs no search.
  var sessions: [SessionID] = []
  /// How many people that is.
  var memberCount = 0
  /// Accounts that are members and not here: they lose the room when it goes. Not kept for `lobby`, which stays.
  var absentMembers: Set<Name> = []
  var messageRate = MessageRate()
  /// Its members are owed a `room` event with the new count.
  var hasCountDue = false

  init(_ record: RoomRecord, isTemporary: Bool = false) {
    name = record.name
    topic = record.topic
    owner = record.owner
    password = record.password
    created = record.created
    firstID = record.firstID
    moderators = NameList(record.moderators)
    banned = NameList(record.banned)
    muted = NameList(record.muted)
    self.isTemporary = isTemporary
  }

  var isLobby: Bool { name == .lobby }
  var isLocked: Bool { password != nil }

  var record: RoomRecord {
    RoomRecord(
      name: name, topic: topic, owner: owner, password: password, created: created, firstID: firstID,
      moderators: moderators.names, banned: banned.names, muted: muted.names)
  }

  var summary: RoomSummary {
    RoomSummary(name: name, topic: topic, owner: owner, isLocked: isLocked, members: memberCount)
  }
}

/// How much is said in a room: messages a minute, those of longer ago counting less and less, and none once nothing was said for a
/// minute.
///
/// A message costs an addition. Whoever wants to know has it reckoned, which is to be done about once a second.
struct MessageRate: Sendable {
  /// Messages that are not reckoned yet.
  var uncounted: Int32 = 0
  private var perMinute: Float = 0
  /// For which second that was right: the last in which something was said.
  private var second: Int64 = 0

  private static let idleSeconds: Int64 = 60

  /// What a second leaves of all before it: so somebody who says as much every second comes to sixty times that.
  private static let kept: Float = 59.0 / 60.0

  mutating func update(at second: Int64) {
    perMinute = perMinute(at: second) + Float(uncounted)
    uncounted = 0
    self.second = second
  }

  func perMinute(at second: Int64) -> Float {
    let seconds = max(0, second - self.second)
    guard seconds <= Self.idleSeconds else { return 0 }
    return (0..<seconds).reduce(perMinute) { value, _ in value * Self.kept }
  }
}

/// Which rooms are the busiest, without looking at those in which nothing is said.
///
/// With time all paces lessen alike, so that of two rooms only one that speaks comes to overtake the other: the next busiest are
/// among the last ones and those that spoke since.
struct RoomActivity: Sendable {
  /// More than anybody is told of, so that rooms that are deleted leave no gap.
  static let busiestMax = 32
  /// That many have spoken: they are reckoned at once, so that it is never many.
  static let recentlyActiveMax = 4096

  /// Places of rooms, the busiest first.
  var busiest: [Int32] = []
  /// Places of the rooms that spoke since they were last reckoned.
  var recentlyActive: [Int32] = []
}

/// The rooms by how many people are in them, so that a list of the fullest costs no look at all the others.
///
/// Rooms with as many members stand in a list of their own; from one to another is a few assignments.
struct RoomRanking: Sendable {
  /// Places of rooms, by their number of members.
  private var places: [[Int32]] = []
  /// Where each room stands in its list, by its place.
  private var positions: [Int32] = []

  mutating func insert(_ place: Int32, memberCount: Int) {
    while places.count <= memberCount { places.append([]) }
    while positions.count <= Int(place) { positions.append(0) }
    positions[Int(place)] = Int32(places[memberCount].count)
    places[memberCount].append(place)
  }

  mutating func remove(_ place: Int32, memberCount: Int) {
    let position = positions[Int(place)]
    let last = places[memberCount].removeLast()
    if last != place {
      places[memberCount][Int(position)] = last
      positions[Int(last)] = position
    }
    while places.last?.isEmpty == true { places.removeLast() }
  }

  mutating func move(_ place: Int32, from before: Int, to after: Int) {
    remove(place, memberCount: before)
    insert(place, memberCount: after)
  }

  /// The fullest first, as long as `body` returns true.
  func forEach(while body: (Int32) -> Bool) {
    for list in places.reversed() {
      for place in list where !body(place) { return }
    }
  }
}
