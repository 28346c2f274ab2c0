/// What is new in a room since the account's read mark.
package struct UnreadRoom: Equatable, Sendable {
  package var room: Name
  /// How many messages are behind the mark.
  package var unread: Int
  /// No new message has a lower id.
  package var first: MessageID

  package init(room: Name, unread: Int, first: MessageID) {
    self.room = room
    self.unread = unread
    self.first = first
  }

  /// `12 new in random since #123`
  package var words: String { "\(unread) new in \(room) since #\(first)" }
}

extension UnreadRoom: CodedRecord {
  package static let meaning = "a room with new messages"
  package static let blank = UnreadRoom(room: .lobby, unread: 0, first: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("room", &room)
    try coder.field("unread", &unread)
    try coder.field("first", &first)
  }
}
