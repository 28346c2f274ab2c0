import ChatCore
import ChatProtocol
import JSON

/// `counts` in `state.json`, and in the journal.
extension MessageCounts: StoredRecord {
  static let kind = "count of messages"
  static let blank = MessageCounts(upTo: 0)

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.number("up_to", &upTo, upTo: .greatest)
    coder.counts("rooms", &rooms)
    coder.ifPresent("removed", &removed)
  }
}

extension MessageCounts.RoomCount: StoredRecord {
  static let kind = "count of messages"
  static let blank = MessageCounts.RoomCount(room: .lobby, messages: 0, last: nil)

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.field("room", &room)
    coder.number("messages", &messages, upTo: .greatest)
    coder.nullable("last", &last)
  }
}
