import ChatProtocol
import POSIX

/// The end of a file that a crash tore off in the middle of a write: nobody was told what it says, but it is kept.
enum TornTail {
  /// Cuts off all from `start` to `end`, the file's length; the path of the copy beside it.
  static func cut(
    _ descriptor: borrowing FileDescriptor, path: String, from start: Int64, to end: Int64, at now: Timestamp
  ) throws(Errno) -> String {
    let number = descriptor.rawValue
    let beside = try BesideName.create(path + ".torn", now) { (copy) throws(Errno) in
      let source = try FileDescriptor(duplicating: number)
      var position = start
      while position < end {
        let block = try source.pread(upTo: Int(min(end - position, 1 << 20)), at: position)
        if block.isEmpty { break }
        try copy.writeAll(block)
        position += Int64(block.count)
      }
      try copy.sync(.everything)
    }
    try descriptor.truncate(to: start)
    try descriptor.sync(.everything)
    return beside
  }
}
