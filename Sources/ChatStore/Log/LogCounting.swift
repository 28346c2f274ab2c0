import ChatCore
import ChatProtocol
import POSIX

/// Reads the end of the log at a start: the messages that the recorded counts do not include, and the latest ids of each room.
struct LogCounting {
  let path: String
  /// Read for the latest ids in any case.
  static let recentBytes = 256 << 10
  /// The most that is read for the counts. A server records them long before that.
  static let countedBytes = 256 << 20

  /// Adds the messages behind `counts.upTo`. `firstIDs`: where each room begins.
  func complete(_ counts: inout MessageCounts, firstIDs: [Name: MessageID]) throws(Errno) -> [RecentMessages] {
    let lines = LineReader(try LogPieces(logPath: path).pieces)
    let upTo = counts.upTo
    // Newest first.
    var found: [(id: MessageID, room: Name)] = []
    let size = lines.size
    _ = try lines.backwards(from: size, bytesMax: Self.countedBytes) { line, start in
      guard let header = LogLineHeader(line), let id = header.id else { return true }
      if header.isMessage, let room = header.room(line), id >= firstIDs[room] ?? 0 { found.append((id, room)) }
      return id > upTo || size - start < Int64(Self.recentBytes)
    }
    // Ids grow, except in lines that were inserted by hand.
    var before: MessageID = 0
    let messages = found.reversed().filter { message in
      guard message.id > before else { return false }
      before = message.id
      return true
    }
    counts.count(messages)
    var recent: [RecentMessages] = []
    var places: [Name: Int] = [:]
    for (id, room) in messages {
      let place = places[room] ?? recent.count
      if place == recent.count { recent.append(RecentMessages(room: room, ids: [])) }
      places[room] = place
      recent[place].ids.append(id)
    }
    return recent
  }
}
