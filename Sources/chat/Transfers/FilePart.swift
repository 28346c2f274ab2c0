import POSIX

/// What has come of a file that is being fetched, for one transfer alone as long as it lasts.
final class FilePart: Sendable {
  private static let attemptsMax = 100

  let path: String
  let descriptor: FileDescriptor

  private init(_ path: String, _ descriptor: consuming FileDescriptor) {
    self.path = path
    self.descriptor = descriptor
  }

  /// Nothing came of it: then nothing stays.
  deinit { if (try? descriptor.size()) == 0 { try? File.unlink(path) } }

  /// The first of the place's parts that nobody else writes to, made if it must be.
  static func claim(_ place: FilePlace) throws(Errno) -> FilePart {
    var number = 1
    for _ in 0..<attemptsMax {
      let path = place.part(number)
      let file = try File.open(path, [.readWrite, .create, .append, .noFollow], mode: 0o600)
      if try !file.tryLock() {
        number += 1
        continue
      }
      // Whoever held it may have given it its name meanwhile.
      let (held, there) = (try file.status(), try File.statusIfPresent(path))
      if let there, (there.device, there.inode) == (held.device, held.inode) { return FilePart(path, file) }
    }
    throw .wouldBlock
  }

  /// How many bytes of the file there are: a broken transfer goes on behind them.
  func offset(of size: UInt64) throws(Errno) -> UInt64 {
    let count = UInt64(try descriptor.size())
    return count < size ? count : 0
  }
}
