import ChatProtocol
import POSIX

/// `chat.log` and what logrotate(8) made of it: `chat.log.1`, `chat.log.2`, … the older the higher. They are read as one
/// long file.
struct LogPieces {
  /// Oldest first.
  private(set) var pieces: [LogPiece] = []
  /// There are older ones that were not opened.
  private(set) var hasOlder = false
  /// There are pieces that somebody compressed, such as `chat.log.2.gz`; they are not read.
  private(set) var hasCompressed = false

  /// More than these are not open at the same time, whatever a request would like to read.
  private static let piecesMax = 32

  /// Opens from the newest on, until `isEnough` says so of what is open. A name that comes or goes meanwhile, because the
  /// log is just being rotated, costs no piece and brings none twice.
  init(
    logPath: String, isEnough: (_ oldest: LogPiece, _ length: Int64) throws(Errno) -> Bool = { _, _ in false }
  ) throws(Errno) {
    // Before the folder is listed: what is renamed in between is known by its inode, and has one number more.
    if let newest = try Self.open(logPath) { pieces.append(try LogPiece(newest)) }
    let names = try Self.names(besides: logPath)
    hasCompressed = names.hasCompressed
    var length = pieces.reduce(0) { $0 + $1.length }
    if let newest = pieces.first, try isEnough(newest, length) {
      hasOlder = !names.numbers.isEmpty
      return
    }
    for number in names.numbers + [(names.numbers.last ?? 0) + 1] {
      guard let descriptor = try Self.open("\(logPath).\(number)") else { continue }
      let piece = try LogPiece(descriptor, isNewest: pieces.isEmpty)
      guard !pieces.contains(where: { $0.device == piece.device && $0.inode == piece.inode }) else { continue }
      if pieces.count == Self.piecesMax {
        hasOlder = true
        break
      }
      pieces.append(piece)
      length += piece.length
      if try isEnough(piece, length) {
        hasOlder = number < names.numbers.last ?? 0
        break
      }
    }
    pieces.reverse()
  }

  private static func open(_ path: String) throws(Errno) -> FileDescriptor? {
    do {
      // A pipe or the like under such a name must not hold anybody up.
      return try File.open(path, .nonBlocking)
    } catch .noSuchFileOrDirectory {
      return nil
    }
  }

  /// The numbers of the plain pieces, ascending.
  private static func names(besides logPath: String) throws(Errno) -> (numbers: [Int], hasCompressed: Bool) {
    let log = String(logPath.split(separator: "/").last ?? "")
    let pieces = try File.names(inDirectory: File.folder(of: logPath)).compactMap { LogPieceName($0, of: log) }
    return (pieces.filter { !$0.isCompressed }.map(\.number).sorted(), pieces.contains(where: \.isCompressed))
  }
}
