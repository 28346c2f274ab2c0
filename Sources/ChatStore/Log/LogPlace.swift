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
  /// person took it, is where it would be.
  func place(of position: LogPosition, isWhole: Bool) throws(Errno) -> LogPlace {
    let low = try offset { line in LogGlance(line)?.id.map { $0 < position.id } }
    var place: LogPlace?
    // How many lines are still to come before the place; nil before the line with the id.
    var linesLeft: Int? = position.id == 0 && isWhole ? position.line : nil
    if linesLeft == 0 { return .offset(0) }
    var hasLesser = low > 0
    var lineStart = low
    _ = try forwards(from: low, to: size, bytesMax: .max) { line, next in
      defer { lineStart = next }
      let id = LogGlance(line)?.id
      if let id {
        if linesLeft != nil || id > position.id {
          // Of the lines before the first id nobody knows whether all are there.
          place = position.id > 0 && linesLeft != nil || hasLesser ? .offset(lineStart) : .gone(next: id)
          return false
        }
        hasLesser = true
        if id < position.id { return true }
        linesLeft = position.line
      } else if linesLeft != nil {
        linesLeft! -= 1
      }
      if linesLeft == 0 { place = .offset(next) }
      return place == nil
    }
    return place ?? (hasLesser || linesLeft != nil ? .offset(lineStart) : .gone(next: nil))
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
  func position(before offset: Int64) throws(Errno) -> LogPosition {
    var position = LogPosition()
    _ = try backwards(from: offset, bytesMax: .max) { line, _ in
      if let id = LogGlance(line)?.id {
        position.id = id
        return false
      }
      position.line += 1
      return true
    }
    return position
  }
}
