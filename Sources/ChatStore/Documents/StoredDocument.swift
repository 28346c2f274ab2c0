import ChatProtocol
import POSIX

/// A document, its file, and when that is to be written.
struct StoredDocument<Document: FileDocument>: Sendable {
  var document: Document
  private(set) var file: DataFile
  /// When the file is to follow, by the monotonic clock; nil while it says what the document says.
  var due_ns: Int64? { isHeld ? nil : changeDue_ns.map { max($0, writer?.retry_ns ?? .min) } }
  private var changeDue_ns: Int64?
  private var lastWrite_ns: Int64 = 0
  /// Whether the last write failed, which is told once.
  private(set) var hasFailed = false

  /// An edit by hand that the core has yet to take over.
  var incoming: Document.Incoming?
  /// One that cannot be taken over.
  var refused: RefusedEdit?
  /// A write met an edit, which is still to be looked at.
  var hasMetEdit = false
  /// What may be half of an edit and is left to the program that has the file open, and since when.
  var half: (identity: DataFile.Identity, since_ns: Int64)?
  /// Since when another program is known to have the file open for writing, and when to look again.
  private var writer: (since_ns: Int64, retry_ns: Int64)?
  /// How long such a program is waited for; then what it has open is kept beside.
  var writerPatience_ns: Int64 = 300_000_000_000

  init(_ document: Document, file: DataFile) {
    self.document = document
    self.file = file
  }

  /// The name for notices and replies: `users.csv`.
  var name: String { String(file.path.split(separator: "/").last ?? "") }

  /// Whether the file does not say what the document says, or is gone.
  var needsWrite: Bool { !isHeld && (document.isChanged || changeDue_ns != nil || file.isLost) }

  /// Whether the file is not to be written because somebody's edit stands in it.
  var isHeld: Bool { hasMetEdit || incoming != nil || refused != nil }

  /// Whether the file is not written because another program has it open.
  var isLeftToWriter: Bool { writer != nil }

  /// Whether the file lacks a change that the document has.
  var isBehind: Bool { document.isChanged || changeDue_ns != nil }

  /// To be called after each change. A large file is not written all the time: it gets a tenth of it at most.
  mutating func noteChanged(at now_ns: Int64) {
    if changeDue_ns == nil { changeDue_ns = now_ns + max(1_000_000_000, 10 * lastWrite_ns) }
  }

  /// From now on the watch knows each file that is written.
  mutating func follow(with watch: FolderWatch) { file.watch = watch }

  /// An edit was taken over: its file is what was read last.
  mutating func noteTaken(_ identity: DataFile.Identity) {
    file.noteTaken(identity)
    changeDue_ns = nil
    if document.isChanged { noteChanged(at: SystemClock.monotonic_ns) }
  }

  /// Writes the file; the paths of what was kept beside it. nil: somebody's edit stands there, or is about to, and nothing was
  /// written. After a failure it is due again. `change`: the number of the last change in the journal that the document has.
  mutating func write(at now: Timestamp, change: UInt64) throws(Errno) -> [String]? {
    let start_ns = SystemClock.monotonic_ns
    let displacesWriter = writer.map { start_ns - $0.since_ns >= writerPatience_ns } ?? false
    if writer != nil, !displacesWriter, file.hasWriters {
      noteWriter(at: start_ns)
      return nil
    }
    do throws(Errno) {
      document.encodeChanges()
      let document = document
      func put(_ output: inout BufferedOutput) throws(Errno) {
        try document.write { (piece) throws(Errno) in try output.append(piece) }
      }
      let kept: [String]
      if Document.takesEdits {
        switch try file.replaceUnlessEdited(at: now, displacesWriter: displacesWriter, put) {
        case .replaced(let paths): kept = paths
        case .isEdited:
          hasMetEdit = true
          return nil
        case .isOpen:
          noteWriter(at: start_ns)
          return nil
        }
      } else {
        kept = try file.replace(at: now, put)
      }
      self.document.noteWritten(change: change, at: start_ns)
      writer = nil
      hasFailed = false
      changeDue_ns = nil
      lastWrite_ns = SystemClock.monotonic_ns - start_ns
      return kept
    } catch {
      hasFailed = true
      lastWrite_ns = SystemClock.monotonic_ns - start_ns
      changeDue_ns = nil
      noteChanged(at: SystemClock.monotonic_ns)
      throw error
    }
  }

  private mutating func noteWriter(at now_ns: Int64) {
    writer = (writer?.since_ns ?? now_ns, now_ns + 500_000_000)
  }
}
