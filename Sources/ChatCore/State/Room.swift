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
  var pace = RoomPace()
  /// Its members are owed a `room` event with the new count.
  var owesCount = false

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
