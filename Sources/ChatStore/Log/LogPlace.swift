import ChatProtocol
import POSIX

/// Where a position is in the pieces of the log.
enum LogPlace: Equatable {
  /// What comes after it begins at this offset.
  case offset(Int64)
  /// It was in a piece that is not there any more, or not to be read; the first id that is.
  case gone(next: MessageID?)
}

extension LinesOfFile {
  /// Where the lines after a position begin. A position whose line is missing between others, because a loss of power or a
  /// person took it, is where it would be. `greatest`: the last id that was given out.
  func place(of position: LogPosition, isWhole: Bool, upTo greatest: MessageID) throws(Errno) -> LogPlace {
    var place = try offset { line in LogGlance(line)?.id(upTo: greatest).map { $0 < position.id } }
    // nil before the first id: of those lines nobody knows whether all are there.
    var reached: LogPosition? = position.id == 0 && isWhole ? LogPosition() : nil
    if place > 0 { reached = try self.position(before: place, upTo: greatest) }
    var missing: MessageID?
    _ = try forwards(from: place, to: size, bytesMax: .max) { line, next in
      let id = LogGlance(line)?.id(upTo: greatest)
      if let before = reached ?? id.map({ _ in LogPosition() }) {
        var after = before
        after.advance(to: id)
        if after > position {
          if reached == nil || position.id == 0 && before < position { missing = id }
          return false
        }
        reached = after
      }
      place = next
      return true
    }
    return missing != nil || reached == nil ? .gone(next: missing) : .offset(place)
  }

  /// Where the first line begins that was written at this time or later.
  func place(of time: Timestamp) throws(Errno) -> Int64 {
    var stamp: [UInt8] = []
    stamp.append(timestamp: time)
    let low = try offset { line in LogGlance(line).map { _ in LogGlance.isBefore(stamp, line) } }
    var place = low
    _ = try forwards(from: low, to: size, bytesMax: .max) { line, next in
      guard LogGlance(line) == nil || LogGlance.isBefore(stamp, line) else { return false }
      place = next
      return true
    }
    return place
  }

  /// The position of the last line before an offset.
  func position(before offset: Int64, upTo greatest: MessageID) throws(Errno) -> LogPosition {
    var position = LogPosition()
    var lines = 0
    // A line with a lesser id than one before it was put there by hand.
    var doubted = 0
    _ = try backwards(from: offset, bytesMax: .max) { line, start in
      if let id = LogGlance(line)?.id(upTo: greatest) {
        if id >= position.id { position = LogPosition(id: id, line: lines) }
        doubted += 1
      }
      lines += 1
      return doubted == 0 || doubted < Self.doubtedLines && offset - start < Int64(blockBytes)
    }
    return position.id == 0 ? LogPosition(line: lines) : position
  }
}
