import ChatCore
import ChatProtocol
import POSIX

/// `journal.jsonl`: the changes since the readable files were written, one line each.
///
/// A turn's lines are written at once. Once every file shows every change, and no edit of an older version can undo one, the
/// journal is emptied. Under constant change that never happens: then the newer half is moved to a new file.
struct Journal {
  private(set) var file: JournalFile
  private let folder: DataFolder
  private(set) var size: Int64
  private var lastNumber: UInt64
  /// The number of the last change.
  private(set) var lastChange: UInt64
  /// The last recorded lease: every id below this may be issued.
  private(set) var lease: MessageID
  /// The same before the turn.
  private var before: (lastChange: UInt64, lease: MessageID)
  private var coverage: Coverage
  /// The last recorded value of `Coverage.settled`.
  private var settled: UInt64 = 0

  /// The turn's lines.
  private var lines: [UInt8] = []
  private(set) var hasLease = false
  private var writtenBytes: Int64 = 0
  /// Lines of turns committed while the file is being moved; nil otherwise.
  private var waiting: [UInt8]?
  /// The length of the last turn in there.
  private var waitingBytes = 0
  /// The offset of a change, for about every 64 KiB of the file.
  private var marks: [(number: UInt64, offset: Int64)] = []
  /// A file longer than this is moved.
  private var sizeMax: Int64
  private let sizeMaxInitial: Int64

  private var reserve = DiskReserve()

  private static let bytesBetweenMarks: Int64 = 64 << 10
  private static let linesBytesKept = 1 << 20

  init(
    _ file: JournalFile, in folder: DataFolder, size: Int64, lastNumber: UInt64, sizeMax: Int64
  ) {
    self.file = file
    self.folder = folder
    self.size = size
    self.lastNumber = lastNumber
    lastChange = lastNumber
    lease = 0
    before = (lastNumber, 0)
    coverage = .all(0, lease: 0)
    self.sizeMax = sizeMax
    sizeMaxInitial = sizeMax
  }

  // MARK: A turn

  mutating func append(_ record: Record) {
    append(JournalLine(record))
    lastChange = lastNumber
  }

  mutating func append(lease: MessageID) {
    self.lease = lease
    hasLease = true
    append(.lease(lease))
  }

  private mutating func append(_ line: JournalLine) {
    lastNumber += 1
    let offset = size + Int64((waiting?.count ?? 0) + lines.count)
    if offset - (marks.last?.offset ?? -Self.bytesBetweenMarks) >= Self.bytesBetweenMarks {
      marks.append((lastNumber, offset))
    }
    line.append(number: lastNumber, to: &lines)
  }

  /// Records how much of the journal the files show.
  mutating func note(_ coverage: Coverage) {
    let isNews = coverage.numbers != self.coverage.numbers
    self.coverage = coverage
    if isDone { return }
    if isNews { append(.covered(coverage.numbers)) }
    // The writer does not know of later changes yet.
    let settled = min(coverage.settled, lastChange)
    if settled > self.settled, size > 0 || !lines.isEmpty {
      self.settled = settled
      append(.settled(settled))
    }
  }

  /// Whether nothing in the file is needed.
  private var isDone: Bool {
    coverage.least >= lastChange && coverage.lease >= lease && coverage.settled >= lastChange
  }

  /// How many changes some readable file does not show yet.
  var uncoveredChanges: UInt64 { lastChange > coverage.least ? lastChange - coverage.least : 0 }

  /// Writes the turn's lines, or empties the file where nothing in it is needed. When it throws, nothing was written.
  mutating func write() throws(Errno) {
    writtenBytes = 0
    defer {
      hasLease = false
      lines.removeAll(keepingCapacity: lines.capacity <= Self.linesBytesKept)
    }
    waitingBytes = 0
    if waiting != nil {
      waiting! += lines
      waitingBytes = lines.count
      return
    }
    if isDone {
      empty()
    } else if !lines.isEmpty {
      do throws(Errno) {
        if lastNumber > JournalLine.numberMax { throw .outOfRange }
        try file.append(lines, at: size)
      } catch {
        rollBack()
        throw error
      }
      writtenBytes = Int64(lines.count)
      size += writtenBytes
    }
  }

  var turnBytes: Int { lines.count }
  /// The bytes that wait for the end of a move.
  var movingBytes: Int { waiting?.count ?? 0 }

  // MARK: Room

  /// Whether the disk has room for the turn's lines and `count` bytes. During a move lines wait in memory.
  func hasRoom(for count: Int) -> Bool { waiting != nil || reserve.holds(lines.count + count, behind: size) }

  mutating func makeRoom(for count: Int) throws(Errno) {
    if waiting != nil { return }
    let file = file
    try reserve.take(lines.count + count, behind: size) { (offset, length) throws(Errno) in
      try file.preallocate(from: offset, length: length)
    }
  }

  /// Whether the file was removed: data written to it could not be read again.
  func isGone() throws(Errno) -> Bool {
    if waiting != nil { return false }
    return try file.isGone()
  }

  /// Cuts off the rest of a failed write, where that was not possible then.
  func cutRest() throws(Errno) {
    if waiting == nil, try file.size() > size { try file.truncate(to: size) }
  }

  /// Continues in a new file, which begins with the lease.
  mutating func begin(_ file: JournalFile) {
    self.file = file
    size = 0
    marks = []
    reserve.release()
    if lease > 0 { append(lease: lease) }
  }

  // MARK: Commit and undo

  /// Drops the turn's unwritten lines.
  mutating func discardTurn() {
    lines = []
    hasLease = false
    writtenBytes = 0
    reserve.release()
    rollBack()
  }

  /// The turn was written.
  mutating func keep() { before = (lastChange, lease) }

  /// Undoes the last `write`.
  mutating func undo() {
    if writtenBytes > 0 {
      size -= writtenBytes
      try? file.truncate(to: size)
    }
    if waiting != nil { waiting!.removeLast(waitingBytes) }
    rollBack()
  }

  private mutating func rollBack() {
    (lastChange, lease) = before
    writtenBytes = 0
    marks.removeAll { $0.offset >= size + Int64(waiting?.count ?? 0) }
  }

  private mutating func empty() {
    marks = []
    // After an error the next write tries again. The files show these changes anyway.
    guard size > 0, (try? file.truncate(to: 0)) != nil else { return }
    size = 0
    // Cutting releases the reserved space.
    reserve.release()
  }

  // MARK: Moving

  var isMoving: Bool { waiting != nil }

  /// Begins a move where the file is long and its beginning is not needed: returns the job for a helper thread. Until
  /// `finishMove`, lines wait in memory.
  mutating func beginMove() -> (@Sendable () throws(Errno) -> JournalFile)? {
    guard size > sizeMax, waiting == nil, let mark = moveMark else { return nil }
    var head: [UInt8] = []
    JournalLine.covered(coverage.numbers).append(number: mark.number - 1, to: &head)
    JournalLine.settled(settled).append(number: mark.number - 1, to: &head)
    JournalLine.lease(lease).append(number: mark.number - 1, to: &head)
    waiting = []
    let (size, shift) = (size, Int64(head.count) - mark.offset)
    self.size += shift
    marks = marks.filter { $0.offset >= mark.offset }.map { ($0.number, $0.offset + shift) }
    return { [file, folder, head] () throws(Errno) in
      try file.moved(in: folder, head: head, from: mark.offset, to: size)
    }
  }

  /// Where the new file begins: it drops at least the first half, and keeps what an edit may undo where there is room.
  private var moveMark: (number: UInt64, offset: Int64)? {
    let possible = marks.filter { $0.number <= coverage.least + 1 && $0.offset > size / 2 }
    return possible.last { $0.number <= coverage.settled } ?? possible.first
  }

  /// Ends a move. A file that could not be moved stays until it is twice as long.
  mutating func finishMove(_ moved: JournalFile?) throws(Errno) {
    guard let lines = waiting else { preconditionFailure("no move was begun") }
    waiting = nil
    reserve.release()
    if let moved {
      file = moved
      sizeMax = sizeMaxInitial
    } else {
      marks = []
      size = try file.size()
      sizeMax = max(sizeMax, 2 * size)
    }
    if !lines.isEmpty {
      try file.append(lines, at: size)
      size += Int64(lines.count)
    }
  }
}

/// How much of the journal the readable files show.
struct Coverage: Equatable, Sendable {
  /// The number up to which each file shows all changes.
  var numbers: [JournaledFile: UInt64]
  /// The lease in `state.json`.
  var lease: MessageID
  /// No edit of an older version can undo the changes up to this number: the journal may drop them once the files show them.
  var settled: UInt64

  /// Every file shows all changes up to this number.
  static func all(_ number: UInt64, lease: MessageID) -> Coverage {
    Coverage(
      numbers: .init(uniqueKeysWithValues: JournaledFile.allCases.map { ($0, number) }), lease: lease, settled: .max)
  }

  var least: UInt64 { JournaledFile.allCases.map { numbers[$0] ?? 0 }.min()! }
}
