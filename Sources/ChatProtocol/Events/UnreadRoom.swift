/// What is new in a room since the account's read mark.
package struct UnreadRoom: Equatable, Sendable {
  package var room: Name
  /// How many messages are behind the mark; nil for an account without a mark in the room.
  package var unread: Int?
  /// No new message has a lower id.
  package var first: MessageID
  /// How many of them are kept for the account because they name it.
  package var mentions: Int

  package init(room: Name, unread: Int?, first: MessageID, mentions: Int) {
    self.room = room
    self.unread = unread
    self.first = first
    self.mentions = mentions
  }

  /// `12 new in random since #123, 1 names you`
  package var words: String {
    let named = mentions == 0 ? "" : mentions == 1 ? "1 names you" : "\(mentions) name you"
    guard let unread else { return "\(named) in \(room) since #\(first)" }
    return "\(unread) new in \(room) since #\(first)\(named.isEmpty ? "" : ", \(named)")"
  }
}

extension UnreadRoom: CodedRecord {
  package static let meaning = "a room with new messages"
  package static let blank = UnreadRoom(room: .lobby, unread: nil, first: 0, mentions: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("room", &room)
    try coder.optional("unread", &unread)
    try coder.field("first", &first)
    try coder.field("mentions", &mentions)
  }
}
