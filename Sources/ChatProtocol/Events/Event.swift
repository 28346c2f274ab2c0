/// What the server tells a client. The time of an event travels beside it, to the encoder.
package enum Event: Equatable, Sendable {
  /// The first line of a connection.
  case welcome(server: String, version: String)
  case ok(Reply)
  case error(CommandError)
  case message(RoomMessage)
  case privateMessage(PrivateMessage)
  case joined(room: Name, user: Name)
  case left(room: Name, user: Name, reason: String)
  case topic(room: Name, text: String, by: String)
  /// A room changed, or its count of members did where comings and goings are not told one by one.
  case room(RoomSummary)
  case away(user: Name)
  case back(user: Name)
  case file(SharedFile)
  /// A file is shared no more.
  case unsent(room: Name, id: MessageID, name: String, by: String)
  /// `room` is nil where somebody was put off the server.
  case kicked(room: Name?, by: String, reason: String)
  case deleted(room: Name, by: String)
  case notice(text: String)
  /// The last line before the server closes the connection.
  case closing(reason: String)
}

package struct RoomMessage: Equatable, Sendable {
  package var id: MessageID
  package var room: Name
  package var from: Name
  package var text: String
  /// `/me`: something done rather than said.
  package var isAction: Bool
  /// True only for the session that sent it: its acknowledgement.
  package var isOwn: Bool

  package init(id: MessageID, room: Name, from: Name, text: String, isAction: Bool = false, isOwn: Bool = false) {
    self.id = id
    self.room = room
    self.from = from
    self.text = text
    self.isAction = isAction
    self.isOwn = isOwn
  }

  /// The copy for the session that sent it.
  package var asOwn: RoomMessage {
    var own = self
    own.isOwn = true
    return own
  }
}

package struct PrivateMessage: Equatable, Sendable {
  package var id: MessageID
  package var from: Name
  package var to: Name
  package var text: String
  /// It was written some time before it is told; the event's time is when. The `json` dialect shows that anyway.
  package var hasWaited: Bool

  package init(id: MessageID, from: Name, to: Name, text: String, hasWaited: Bool = false) {
    self.id = id
    self.from = from
    self.to = to
    self.text = text
    self.hasWaited = hasWaited
  }
}

package struct SharedFile: Equatable, Sendable {
  package var id: MessageID
  package var room: Name
  package var from: Name
  package var name: String
  /// Bytes.
  package var size: UInt64

  package init(id: MessageID, room: Name, from: Name, name: String, size: UInt64) {
    self.id = id
    self.room = room
    self.from = from
    self.name = name
    self.size = size
  }
}
