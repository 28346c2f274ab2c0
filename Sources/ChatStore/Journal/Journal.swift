import ChatCore
import ChatProtocol
import POSIX

/// `journal.jsonl` as the loop sees it: what changed since the readable files were written, a line a change.
///
/// A turn's lines are collected and written at once. Once every file shows every change, and no edit made of an older version of
/// a file can take one back, the journal is emptied; where that is never so because something changes all the time, it is moved
/// to a new file that begins later.
struct Journal {
  private(set) var file: JournalFile
  private let folder: DataFolder
  /// The file's length.
  private(set) var size: Int64
  private var lastNumber: UInt64
  /// The number of the last change.
  private(set) var lastChange: UInt64
  /// Every id below this may be given out, as the last line about that says.
  private(set) var lease: MessageID
  /// These two before the turn.
  private var before: (lastChange: UInt64, lease: MessageID)
  private var coverage: Coverage
  /// What the last line about that says.
  private var settled: UInt64 = 0

  /// The turn's lines.
  private var lines: [UInt8] = []
  private(set) var hasChanges = false
  private(set) var hasLease = false
  private var writtenBytes: Int64 = 0
  /// The lines of turns that came while the file is being moved; nil while it is not.
  private var waiting: [UInt8]?
  /// How many of these bytes the last turn added.
  private var waitingBytes = 0
  /// Which change begins where, for about every 64 KiB of the file.
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
    hasChanges = true
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

  /// The files were written: what they show need not be read at the next start.
  mutating func note(_ coverage: Coverage) {
    let isNews = coverage.numbers != self.coverage.numbers
    self.coverage = coverage
    if isDone { return }
    if isNews { append(.covered(coverage.numbers)) }
    // Later changes have not been heard of where it was said.
    let settled = min(coverage.settled, lastChange)
    if settled > self.settled, size > 0 || !lines.isEmpty {
      self.settled = settled
      append(.settled(settled))
    }
  }

  /// Whether nothing in the file is needed any more.
  private var isDone: Bool {
    coverage.least >= lastChange && coverage.lease >= lease && coverage.settled >= lastChange
  }

  /// How many changes stand in the file that not every readable file shows.
  var uncoveredChanges: UInt64 { lastChange > coverage.least ? lastChange - coverage.least : 0 }

  /// Writes the turn's lines, or empties the file where nothing in it is needed any more. When it throws, none of them
  /// stand.
  mutating func write() throws(Errno) {
    writtenBytes = 0
    defer {
      hasChanges = false
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
        if lastNumber > JournalLine.number_max { throw .outOfRange }
        try file.append(lines, at: size)
      } catch {
        forget()
        throw error
      }
      writtenBytes = Int64(lines.count)
      size += writtenBytes
    }
  }

  var turnBytes: Int { lines.count }
  /// Of the turns that came while the file is being moved.
  var movingBytes: Int { waiting?.count ?? 0 }

  // MARK: Room

  /// Whether there is room on the disk for the turn's lines and so many bytes more. While the file is being moved, what is
  /// written waits in memory.
  func hasRoom(for count: Int) -> Bool { waiting != nil || reserve.holds(lines.count + count, behind: size) }

  mutating func makeRoom(for count: Int) throws(Errno) {
    if waiting != nil { return }
    let file = file
    try reserve.take(lines.count + count, behind: size) { (offset, length) throws(Errno) in
      try file.preallocate(from: offset, length: length)
    }
  }

  /// Whether somebody removed the file: what is written to it would not be found again.
  func isGone() throws(Errno) -> Bool {
    if waiting != nil { return false }
    return try file.isGone()
  }

  /// Cuts off what a write that failed left, where that could not be done then.
  func cutRest() throws(Errno) {
    if waiting == nil, try file.size() > size { try file.truncate(to: size) }
  }

  /// Goes on in a new, empty file, which says what may be known of it: which ids may have been given out.
  mutating func begin(_ file: JournalFile) {
    self.file = file
    size = 0
    marks = []
    reserve.forget()
    if lease > 0 { append(lease: lease) }
  }

  // MARK: Written, and not

  /// Drops the turn's lines before they were written.
  mutating func forgetTurn() {
    lines = []
    hasChanges = false
    hasLease = false
    writtenBytes = 0
    reserve.forget()
    forget()
  }

  /// The turn stands, as far as it depends on writing.
  mutating func keep() { before = (lastChange, lease) }

  /// Takes back what the last `write` wrote.
  mutating func undo() {
    if writtenBytes > 0 {
      size -= writtenBytes
      try? file.truncate(to: size)
    }
    if waiting != nil { waiting!.removeLast(waitingBytes) }
    forget()
  }

  private mutating func forget() {
    (lastChange, lease) = before
    writtenBytes = 0
    marks.removeAll { $0.offset >= size + Int64(waiting?.count ?? 0) }
  }

  private mutating func empty() {
    marks = []
    // What could not be cut off is known to the files; the next time it is tried again.
    guard size > 0, (try? file.truncate(to: 0)) != nil else { return }
    size = 0
    // Cutting gives the room behind the end back.
    reserve.forget()
  }

  // MARK: Moving

  var isMoving: Bool { waiting != nil }

  /// Where the file has grown long and its beginning is in the files: what moves the rest to a new file, on another thread.
  /// Until `finishMove`, what is written waits in memory.
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

  /// Where the new file is to begin: the first half at least goes. What an edit may take back stays as far as there is room for it.
  private var moveMark: (number: UInt64, offset: Int64)? {
    let possible = marks.filter { $0.number <= coverage.least + 1 && $0.offset > size / 2 }
    return possible.last { $0.number <= coverage.settled } ?? possible.first
  }

  /// The move is over; a file that could not be moved stays, and is tried again when it is twice as long.
  mutating func finishMove(_ moved: JournalFile?) throws(Errno) {
    guard let lines = waiting else { preconditionFailure("what was not begun is not finished") }
    waiting = nil
    reserve.forget()
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
