import ChatProtocol

/// How many messages a room has had, and which of them has which id: exactly for the latest, the sparser the older they
/// are. A message costs an addition and 16 bytes in a bounded list.
struct RoomOrdinals: Sendable {
  /// With this many entries every other one of the older half goes.
  private static let entriesMax = 256

  private struct Entry: Sendable {
    var id: MessageID
    /// The room's count with this message.
    var messages: UInt64
  }

  private(set) var count: UInt64
  /// Of growing ids.
  private var entries: [Entry] = []

  /// `recent`: the ids of the last messages, oldest first, as far as they are known; without gaps.
  init(count: UInt64 = 0, last: MessageID? = nil, recent: [MessageID] = []) {
    let recent = recent.suffix(Int(clamping: min(count, UInt64(Self.entriesMax))))
    self.count = count - UInt64(recent.count)
    for id in recent { add(id) }
    if entries.isEmpty, let last { entries.append(Entry(id: last, messages: count)) }
  }

  var last: MessageID? { entries.last?.id }

  mutating func add(_ id: MessageID) {
    count += 1
    if entries.count == Self.entriesMax {
      let half = entries.count / 2
      entries = (0..<half).filter { $0 % 2 == 0 }.map { entries[$0] } + entries[half...]
    }
    entries.append(Entry(id: id, messages: count))
  }

  /// How many messages have this id or a lower one, or fewer where the entries are sparse: then some that were read count
  /// as new, and no new one as read.
  func messages(upTo id: MessageID) -> UInt64 {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].id <= id { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? 0 : entries[low - 1].messages
  }

  /// The id of the message with that ordinal; nil where it is not known.
  func id(of ordinal: UInt64) -> MessageID? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].messages < ordinal { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].messages == ordinal ? entries[low].id : nil
  }
}
