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

  /// What becomes of a piece that was opened.
  enum Choice {
    /// Nothing of it is wanted, but of older ones.
    case skip
    case take
    /// It is taken, and nothing older is wanted.
    case takeLast
  }

  /// Opens from the newest on, as long as `choice` wants older ones. A name that comes or goes meanwhile, because the
  /// log is just being rotated, costs no piece and brings none twice.
  init(
    logPath: String, choice: (_ piece: LogPiece) throws(Errno) -> Choice = { _ in .take }
  ) throws(Errno) {
    var seen: [LogPiece] = []
    var isDone = false
    func add(_ piece: LogPiece) throws(Errno) {
      // While somebody rotates the log by copying it, the same lines stand in two pieces.
      let isCopy = try seen.last.map { (newer) throws(Errno) in try piece.begins(like: newer) } ?? false
      seen.append(piece)
      if isCopy { return }
      let choice = try choice(piece)
      if choice != .skip { pieces.append(piece) }
      isDone = choice == .takeLast
    }
    // Before the folder is listed: what is renamed in between is known by its inode, and has one number more.
    if let newest = try Self.open(logPath) { try add(try LogPiece(newest)) }
    let names = try Self.names(besides: logPath)
    hasCompressed = names.hasCompressed
    hasOlder = isDone && !names.numbers.isEmpty
    for number in names.numbers + [(names.numbers.last ?? 0) + 1] where !isDone {
      guard let descriptor = try Self.openOlder("\(logPath).\(number)") else { continue }
      let piece = try LogPiece(descriptor, isNewest: seen.isEmpty)
      guard !seen.contains(where: { $0.device == piece.device && $0.inode == piece.inode }) else { continue }
      if pieces.count == Self.piecesMax {
        hasOlder = true
        break
      }
      try add(piece)
      if isDone { hasOlder = number < names.numbers.last ?? 0 }
    }
    pieces.reverse()
  }

  private static func open(_ path: String) throws(Errno) -> FileDescriptor? {
    do {
      return try File.openRegular(path)
    } catch .noSuchFileOrDirectory {
      return nil
    }
  }

  /// What has the name of an older piece and is no file was put there by others.
  private static func openOlder(_ path: String) throws(Errno) -> FileDescriptor? {
    do {
      return try open(path)
    } catch .notRegularFile {
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
