import Glibc
import POSIX

/// Standard input as the lines of a script, read in pieces.
final class ScriptLines {
  private static let lineBytesMax = 1 << 16

  private var bytes: [UInt8] = []
  /// How much of `bytes` was given out.
  private var taken = 0
  private var hasEnded = false

  /// The next line without its end, LF or CR LF; nil at the end. `.fileTooLarge` for a line that cannot be one.
  func next() throws(Errno) -> [UInt8]? {
    var searched = taken
    while true {
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) { return take(to: end, after: end + 1) }
      if hasEnded { return taken < bytes.count ? take(to: bytes.count, after: bytes.count) : nil }
      if bytes.count - taken > Self.lineBytesMax { throw .fileTooLarge }
      bytes.removeFirst(taken)
      taken = 0
      searched = bytes.count
      let more = try FileDescriptor(duplicating: STDIN_FILENO).read(upTo: Self.lineBytesMax)
      bytes += more
      hasEnded = more.isEmpty
    }
  }

  private func take(to end: Int, after next: Int) -> [UInt8] {
    var line = bytes[taken..<end]
    taken = next
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return Array(line)
  }
}
