import ChatCore
import ChatProtocol

/// Collects the messages of one reply from the lines of the log, in the order in which they come.
struct HistoryPage {
  private(set) var messages: [PastMessage] = []
  /// There was one more, for which there was no room.
  private(set) var hasMore = false
  /// When the room was created, as the log writes times.
  let created: [UInt8]

  private let before: MessageID
  private let room: [UInt8]
  private let messagesMax: Int
  private var bytesLeft = HistoryQuery.bytesMax

  init(_ query: HistoryQuery, messagesMax: Int) {
    before = query.before
    room = Array(query.room.key.utf8)
    var time: [UInt8] = []
    time.append(timestamp: query.created)
    created = time
    self.messagesMax = messagesMax
  }

  /// Takes the line if it is one of the room's messages; whether there is room for another.
  mutating func take(_ line: Span<UInt8>, _ glance: LogGlance) -> Bool {
    guard glance.isMessage, let id = glance.id, id < before, glance.isInRoom(room, line),
      let message = LogFormat.parse(line)?.message
    else { return true }
    let bytes = message.message.text.utf8.count
    if messages.count >= messagesMax || bytes > bytesLeft && !messages.isEmpty {
      hasMore = true
      return false
    }
    messages.append(message)
    bytesLeft -= bytes
    return true
  }
}
