package import ChatProtocol

/// An account's read mark in a room: it has read everything up to `id`.
package struct ReadMark: Equatable, Sendable {
  package var room: Name
  package var id: MessageID
  /// How many messages of the room are not behind the mark.
  package var messages: UInt64

  package init(room: Name, id: MessageID, messages: UInt64) {
    self.room = room
    self.id = id
    self.messages = messages
  }
}

/// The ids of a room's last messages, oldest first, without gaps.
package struct RecentMessages: Equatable, Sendable {
  package var room: Name
  package var ids: [MessageID]

  package init(room: Name, ids: [MessageID]) {
    self.room = room
    self.ids = ids
  }
}

/// How many messages each room has had, since counting began. A mark holds the count at which it was set, so that the
/// number of new messages is a difference.
package struct MessageCounts: Equatable, Sendable {
  /// The counts include every message up to this id.
  package var upTo: MessageID
  package var rooms: [RoomCount]
  /// Rooms that are gone.
  package var removed: [Name]

  package struct RoomCount: Equatable, Sendable {
    package var room: Name
    package var messages: UInt64
    /// The last message; nil where there is none.
    package var last: MessageID?

    package init(room: Name, messages: UInt64, last: MessageID?) {
      self.room = room
      self.messages = messages
      self.last = last
    }
  }

  package init(upTo: MessageID, rooms: [RoomCount] = [], removed: [Name] = []) {
    self.upTo = upTo
    self.rooms = rooms
    self.removed = removed
  }

  /// Applies later counts. Doing it twice is the same as doing it once.
  package mutating func apply(_ later: MessageCounts) {
    upTo = later.upTo
    if !later.removed.isEmpty {
      let removed = Set(later.removed)
      rooms.removeAll { removed.contains($0.room) }
    }
    var places = places
    for count in later.rooms {
      if let place = places[count.room] {
        rooms[place] = count
      } else {
        places[count.room] = rooms.count
        rooms.append(count)
      }
    }
  }

  /// Counts messages of the log, of growing ids, except those that are included. `upTo` stays, so that it tells which
  /// rooms have more than was recorded.
  package mutating func count(_ messages: [(id: MessageID, room: Name)]) {
    var places = places
    for (id, room) in messages where id > upTo {
      let place = places[room] ?? rooms.count
      if place == rooms.count { rooms.append(RoomCount(room: room, messages: 0, last: nil)) }
      places[room] = place
      rooms[place].messages += 1
      rooms[place].last = id
    }
  }

  private var places: [Name: Int] {
    Dictionary(rooms.enumerated().map { ($0.element.room, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }
}
