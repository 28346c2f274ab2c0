import POSIX

/// One file of the log, open to read, whatever its name becomes meanwhile. It counts as long as it was when it was opened.
final class LogPiece: Sendable {
  let device: UInt64
  let inode: UInt64
  /// In bytes, with the line end that is put in where an older piece does not end with one: whoever rotates by copying
  /// may copy half a line, which must not run into the next piece's first.
  let length: Int64

  private let descriptor: FileDescriptor
  private let size: Int64

  /// `isNewest`: what follows its last line end is being written and is no line yet.
  init(_ descriptor: consuming FileDescriptor, isNewest: Bool = true) throws(Errno) {
    let status = try descriptor.status()
    if status.isDirectory { throw .isDirectory }
    (device, inode, size) = (status.device, status.inode, status.size)
    let last = isNewest || size == 0 ? [] : try descriptor.pread(upTo: 1, at: size - 1)
    length = last.isEmpty || last[0] == UInt8(ascii: "\n") ? size : size + 1
    self.descriptor = descriptor
  }

  /// `count` bytes at an offset; fewer where the file was cut meanwhile.
  func read(_ count: Int, at offset: Int64) throws(Errno) -> [UInt8] {
    let real = min(count, Int(clamping: size - offset))
    var bytes: [UInt8] = []
    while bytes.count < real {
      let more = try descriptor.pread(upTo: real - bytes.count, at: offset + Int64(bytes.count))
      if more.isEmpty { return bytes }
      if bytes.isEmpty { bytes = more } else { bytes += more }
    }
    if bytes.count < count { bytes.append(UInt8(ascii: "\n")) }
    return bytes
  }

  /// Whether it is a copy of the other, or the beginning of one.
  func begins(like other: LogPiece) throws(Errno) -> Bool {
    // Of half a line at its end, the copy's line end is none of the other's.
    let count = Int(Swift.min(512, length - 1, other.length - 1))
    guard count > LogFormat.timeLength else { return false }
    let own = try read(count, at: 0)
    // The time of a line that stands in both is that of one instant; two files begin at two.
    let others = try other.read(count, at: 0)
    return own == others
  }
}
