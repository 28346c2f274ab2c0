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
  private let searched: SearchedText?
  private let messagesMax: Int
  private var bytesLeft = HistoryQuery.bytesMax
  private var taken: Set<MessageID> = []

  init(_ query: HistoryQuery) {
    before = query.before
    room = Array(query.room.key.utf8)
    var time: [UInt8] = []
    time.append(timestamp: query.created)
    created = time
    switch query.page {
    case .last(let count): (searched, messagesMax) = (nil, min(count, HistoryQuery.messagesMax))
    case .since: (searched, messagesMax) = (nil, HistoryQuery.messagesMax)
    case .found(let text): (searched, messagesMax) = (SearchedText(text), HistoryQuery.messagesMax)
    }
  }

  /// Takes the line if it is one of the messages asked for; whether there is room for another.
  mutating func take(_ line: Span<UInt8>, _ glance: LogGlance) -> Bool {
    guard glance.isMessage, let id = glance.id, id < before, glance.isInRoom(room, line),
      mayBeFound(line, glance),
      // While somebody rotates the log by copying it, the same lines stand in two pieces.
      !taken.contains(id), let message = LogFormat.parse(line)?.message,
      searched?.occurs(in: message.message.text) ?? true
    else { return true }
    let bytes = message.message.text.utf8.count
    if messages.count >= messagesMax || bytes > bytesLeft && !messages.isEmpty {
      hasMore = true
      return false
    }
    messages.append(message)
    taken.insert(id)
    bytesLeft -= bytes
    return true
  }

  private func mayBeFound(_ line: Span<UInt8>, _ glance: LogGlance) -> Bool {
    guard let searched else { return true }
    return glance.textStart(line).map { searched.mayOccur(in: line, textStart: $0) } ?? false
  }
}
