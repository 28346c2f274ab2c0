import ChatProtocol
import POSIX

/// The end of `chat.log` as a server finds it at its start.
struct LogTail {
  let path: String

  /// Cuts off what follows the last line end: a line that was not written to its end, or the zero bytes that a loss
  /// of power leaves. What is cut is kept beside, under the name returned; nil where nothing had to be cut.
  func mend(at now: Timestamp) throws(Errno) -> String? {
    guard let descriptor = try open(.readWrite) else { return nil }
    let size = try descriptor.size()
    let whole = try lengthOfWholeLines(descriptor, size: size)
    if whole == size { return nil }
    return try TornTail.cut(descriptor, path: path, from: whole, to: size, at: now)
  }

  /// More without a line end was never written by a server.
  private static let lineBytesMax: Int64 = 64 << 20

  /// So much is read in search of the last id, which `state.json` and the journal tell as well.
  private static let searchedBytes = 1 << 30

  /// So much is read on from the last id: whoever puts lines into the log by hand puts a few.
  private static let doubtedBytes = 1 << 20

  /// The greatest id in the log, 0 where there is none: ids grow, so it is among the last, which stand in a rotated piece
  /// where the newest has none yet. Times do not grow, so they tell nothing.
  /// `known`: the greatest that other files tell of. `passedOver` hears of an id that is damage.
  func greatestID(known: MessageID = 0, passedOver: (MessageID) -> Void = { _ in }) throws(Errno) -> MessageID {
    let lines = LinesOfFile(try LogPieces(logPath: path).pieces)
    var greatest: MessageID = 0
    let greatestBelieved = Swift.max(known, .greatestInLogAlone)
    // Where the last line begins that has an id of its own. A file is told of long after it got its id.
    var last: Int64?
    _ = try lines.backwards(from: lines.size, bytesMax: Self.searchedBytes) { line, start in
      guard let glance = LogGlance(line) else { return true }
      let id = glance.id ?? glance.file ?? 0
      if id > greatestBelieved {
        passedOver(id)
        return true
      }
      greatest = max(greatest, id)
      if last == nil, glance.id != nil { last = start }
      return last.map { $0 - start < Self.doubtedBytes } ?? true
    }
    return greatest
  }

  private func open(_ flags: OpenFlags) throws(Errno) -> FileDescriptor? {
    do {
      return try File.openRegular(path, flags)
    } catch .noSuchFileOrDirectory {
      return nil
    }
  }

  /// The offset behind the last line end.
  private func lengthOfWholeLines(_ descriptor: borrowing FileDescriptor, size: Int64) throws(Errno) -> Int64 {
    var end = size
    while end > 0 {
      let length = min(end, 64 << 10)
      let block = try descriptor.pread(upTo: Int(length), at: end - length)
      if let index = block.lastIndex(of: UInt8(ascii: "\n")) { return end - length + Int64(index) + 1 }
      end -= length
      if size - end > Self.lineBytesMax { throw .mostlyHoles }
    }
    return 0
  }
}
