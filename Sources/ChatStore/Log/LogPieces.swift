import ChatProtocol
import POSIX

/// `chat.log` and the pieces that logrotate(8) made: `chat.log.1`, `chat.log.2` and so on, the older the higher. They are read as
/// one long file.
struct LogPieces {
  /// Oldest first.
  private(set) var pieces: [LogPiece] = []
  /// Whether there are older pieces that were not opened.
  private(set) var hasOlder = false
  /// Whether there are compressed pieces, such as `chat.log.2.gz`, which are not read.
  private(set) var hasCompressed = false

  /// The most pieces that are open at the same time.
  private static let piecesMax = 32

  enum Choice {
    case skip
    case take
    /// Take it, and open nothing older.
    case takeLast
  }

  /// Opens pieces from the newest on, until `choice` ends it. A rotation meanwhile loses no piece and repeats none.
  init(
    logPath: String, choice: (_ piece: LogPiece) throws(Errno) -> Choice = { _ in .take }
  ) throws(Errno) {
    var seen: [LogPiece] = []
    var isDone = false
    func add(_ piece: LogPiece) throws(Errno) {
      // During a rotation by copying, the same lines are in two pieces.
      let isCopy = try seen.last.map { (newer) throws(Errno) in try piece.begins(like: newer) } ?? false
      seen.append(piece)
      if isCopy { return }
      let choice = try choice(piece)
      if choice != .skip { pieces.append(piece) }
      isDone = choice == .takeLast
    }
    // Before the folder is listed: a piece that is renamed in between has one number more, and its inode tells.
    if let newest = try File.openIfPresent(logPath) { try add(try LogPiece(newest)) }
    let names = try Self.names(besides: logPath)
    hasCompressed = names.hasCompressed
    hasOlder = isDone && !names.numbers.isEmpty
    for number in names.numbers + [(names.numbers.last ?? 0) + 1] where !isDone {
      guard let descriptor = try File.openIfRegular("\(logPath).\(number)") else { continue }
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

  /// The numbers of the plain pieces, ascending.
  private static func names(besides logPath: String) throws(Errno) -> (numbers: [Int], hasCompressed: Bool) {
    let log = File.name(of: logPath)
    let pieces = try File.names(inDirectory: File.folder(of: logPath)).compactMap { LogPieceName($0, of: log) }
    return (pieces.filter { !$0.isCompressed }.map(\.number).sorted(), pieces.contains(where: \.isCompressed))
  }
}

/// One file of the log, open to read, with the length that it had then.
final class LogPiece: Sendable {
  let device: UInt64
  let inode: UInt64
  /// In bytes. Where an older piece lacks its last line end, because a copy ended within a line, one is added: that line must not
  /// run into the next piece.
  let length: Int64

  private let descriptor: FileDescriptor
  private let size: Int64

  /// `isNewest`: its last line is being written.
  init(_ descriptor: consuming FileDescriptor, isNewest: Bool = true) throws(Errno) {
    let status = try descriptor.status()
    if status.isDirectory { throw .isDirectory }
    (device, inode, size) = (status.device, status.inode, status.size)
    let last = isNewest || size == 0 ? [] : try descriptor.pread(upTo: 1, at: size - 1)
    length = last.isEmpty || last[0] == UInt8(ascii: "\n") ? size : size + 1
    self.descriptor = descriptor
  }

  /// Reads `count` bytes at an offset; fewer where the file was cut meanwhile.
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

  /// Whether one is a copy of the other.
  func begins(like other: LogPiece) throws(Errno) -> Bool {
    // The last byte may be the line end that was added.
    let count = Int(Swift.min(512, length - 1, other.length - 1))
    guard count > LogFormat.timeLength else { return false }
    let own = try read(count, at: 0)
    // Two different files begin at different times.
    let others = try other.read(count, at: 0)
    return own == others
  }
}

/// Repairs `chat.log` at a start, and finds the greatest id in it.
struct LogRepair {
  let path: String

  /// Cuts off what follows the last line end: a torn line, or the zero bytes that a power failure leaves. Returns the path of the
  /// copy; nil where nothing was cut.
  func cutTornLine(at now: Timestamp) throws(Errno) -> String? {
    guard let descriptor = try File.openIfPresent(path, .readWrite) else { return nil }
    let size = try descriptor.size()
    let whole = try lengthOfWholeLines(descriptor, size: size)
    if whole == size { return nil }
    return try TornEnd.cut(descriptor, path: path, from: whole, to: size, at: now)
  }

  /// No server writes more without a line end.
  private static let lineBytesMax: Int64 = 64 << 20

  /// The most that is read to find the last id, which `state.json` and the journal have too.
  private static let searchedBytes = 1 << 30

  /// How far the search continues behind the last id, past lines inserted by hand.
  private static let doubtedBytes = 1 << 20

  /// The greatest id in the log; 0 where there is none. Ids grow, so it is among the last lines, or in a rotated piece.
  /// `known`: the greatest id in other files. `passedOver` is called with an id that is damage.
  func greatestID(known: MessageID = 0, passedOver: (MessageID) -> Void = { _ in }) throws(Errno) -> MessageID {
    let lines = LineReader(try LogPieces(logPath: path).pieces)
    var greatest: MessageID = 0
    let greatestBelieved = Swift.max(known, .greatestInLogAlone)
    // The offset of the last line with an id of its own. Lines about a shared file have its earlier id.
    var last: Int64?
    _ = try lines.backwards(from: lines.size, bytesMax: Self.searchedBytes) { line, start in
      guard let header = LogLineHeader(line) else { return true }
      let id = header.id ?? header.file ?? 0
      if id > greatestBelieved {
        passedOver(id)
        return true
      }
      greatest = max(greatest, id)
      if last == nil, header.id != nil { last = start }
      return last.map { $0 - start < Self.doubtedBytes } ?? true
    }
    return greatest
  }

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
