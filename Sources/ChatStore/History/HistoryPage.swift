import ChatCore
import ChatProtocol

/// Collects the messages of one reply from the lines of the log, in the order in which they come. Whatever hides a line from who
/// asks is looked at here, before the page is full.
struct HistoryPage {
  private(set) var messages: [PastMessage] = []
  /// There was one more, for which there was no room.
  private(set) var isFull = false
  /// The id of the last line that was looked at, whatever room it is of; nil where none had one of those asked for.
  private(set) var reached: MessageID?
  /// The ids asked for.
  let ids: Range<MessageID>

  private let room: [UInt8]
  private let ignored: NameList
  private let searched: SearchedText?
  private let messagesMax: Int
  private var bytesLeft = HistoryQuery.bytesMax
  private var taken: Set<MessageID> = []

  /// `firstID`: where the room's past begins.
  init(_ query: HistoryQuery, firstID: MessageID) {
    room = Array(query.room.key.utf8)
    ignored = query.ignored
    let end = min(query.before, query.olderThan ?? query.before)
    switch query.page {
    case .last(let count):
      (searched, messagesMax, ids) = (nil, min(count, HistoryQuery.messagesMax), min(firstID, end)..<end)
    case .since(let id):
      let first = max(firstID, min(id, .max - 1) + 1)
      (searched, messagesMax, ids) = (nil, HistoryQuery.messagesMax, first..<max(first, query.before))
    case .found(let text):
      (searched, messagesMax, ids) = (SearchedText(text), HistoryQuery.messagesMax, min(firstID, end)..<end)
    }
  }

  /// Takes the line if it is one of the messages asked for; whether there is room for another.
  mutating func take(_ line: Span<UInt8>, _ glance: LogGlance) -> Bool {
    guard let id = glance.id, ids.contains(id) else { return true }
    guard glance.isMessage, glance.isInRoom(room, line), !isIgnored(line, glance),
      mayBeFound(line, glance),
      // Whoever puts pieces together by hand may have the same lines in two of them.
      !taken.contains(id), let message = LogFormat.parse(line)?.message,
      searched?.occurs(in: message.message.text) ?? true
    else {
      reached = id
      return true
    }
    let bytes = message.message.text.utf8.count
    if messages.count >= messagesMax || bytes > bytesLeft && !messages.isEmpty {
      isFull = true
      return false
    }
    reached = id
    messages.append(message)
    taken.insert(id)
    bytesLeft -= bytes
    return true
  }

  /// From where to go on; nil where the past ends. `isCut`: the bound on what is read was reached.
  func more(isCut: Bool) -> MessageID? { isFull ? messages.last?.message.id : isCut ? reached : nil }

  private func isIgnored(_ line: Span<UInt8>, _ glance: LogGlance) -> Bool {
    !ignored.isEmpty && glance.sender(line, roomLength: room.count).map { ignored.contains($0) } ?? false
  }

  private func mayBeFound(_ line: Span<UInt8>, _ glance: LogGlance) -> Bool {
    guard let searched else { return true }
    return glance.textStart(line).map { searched.mayOccur(in: line, textStart: $0) } ?? false
  }
}
