import ChatProtocol
import POSIX

/// A document, its file, and when to write it.
struct StoredDocument<Document: FileDocument>: Sendable {
  var document: Document
  private(set) var file: DataFile
  /// When to write the file, by the monotonic clock; nil while it is up to date.
  var dueNanoseconds: Int64? { isHeld ? nil : changeDueNanoseconds.map { max($0, writer?.retryNanoseconds ?? .min) } }
  private var changeDueNanoseconds: Int64?
  private var lastWriteNanoseconds: Int64 = 0
  /// Whether the last write failed, which is reported once.
  private(set) var hasFailed = false

  /// A hand edit that the core has not applied yet.
  var incoming: Document.Incoming?
  /// A hand edit with errors.
  var rejected: RejectedEdit?
  /// Whether a write met an edit that is not read yet.
  var hasUnreadEdit = false
  /// A version that may be incomplete, because another program has the file open for writing, and since when.
  var partial: (identity: DataFile.Identity, sinceNanoseconds: Int64)?
  /// Since when another program has the file open for writing, and when to check again.
  private var writer: (sinceNanoseconds: Int64, retryNanoseconds: Int64)?
  /// How long to wait for such a program. Then the file that it has open gets another name.
  var writerTimeoutNanoseconds: Int64 = 300_000_000_000

  init(_ document: Document, file: DataFile) {
    self.document = document
    self.file = file
  }

  /// The file's name: `users.csv`.
  var name: String { File.name(of: file.path) }

  /// Whether the file is out of date, or missing.
  var needsWrite: Bool { !isHeld && (document.isChanged || changeDueNanoseconds != nil || file.isLost) }

  /// Whether a hand edit blocks writes of the file.
  var isHeld: Bool { hasUnreadEdit || incoming != nil || rejected != nil }

  /// Whether a write waits for another program that has the file open.
  var waitsForWriter: Bool { writer != nil }

  /// Whether the file lacks a change that the document has.
  var isBehind: Bool { document.isChanged || changeDueNanoseconds != nil }

  /// To be called after each change. Writing a large file takes a tenth of the time at most.
  mutating func markChanged(at nowNanoseconds: Int64) {
    if changeDueNanoseconds == nil {
      changeDueNanoseconds = nowNanoseconds + max(1_000_000_000, 10 * lastWriteNanoseconds)
    }
  }

  /// Registers each written file with the watcher from now on.
  mutating func follow(with watch: FolderWatch) { file.watch = watch }

  /// An edit was applied: its file is the known version. If it was lost meanwhile, with its folder perhaps, it is written again.
  mutating func didApplyEdit(_ identity: DataFile.Identity) {
    file.didApplyEdit(identity)
    changeDueNanoseconds = nil
    if document.isChanged || file.isLost { markChanged(at: SystemClock.monotonicNanoseconds) }
  }

  /// Writes the file; returns the paths of old files that got another name, or nil where a hand edit blocks the write. After an error
  /// the file is due again. `change`: the number of the last change in the journal that the document has.
  mutating func write(at now: Timestamp, change: UInt64) throws(Errno) -> [String]? {
    let startNanoseconds = SystemClock.monotonicNanoseconds
    let displacesWriter = writer.map { startNanoseconds - $0.sinceNanoseconds >= writerTimeoutNanoseconds } ?? false
    if writer != nil, !displacesWriter, file.hasWriters {
      waitForWriter(at: startNanoseconds)
      return nil
    }
    do throws(Errno) {
      document.encodeChanges()
      let document = document
      func put(_ output: inout BufferedOutput) throws(Errno) {
        try document.write { (piece) throws(Errno) in try output.append(piece) }
      }
      let replacement = try file.replace(
        at: now, appliesEdits: Document.appliesEdits, displacesWriter: displacesWriter, put)
      guard case .replaced(let kept) = replacement else {
        if case .isEdited = replacement { hasUnreadEdit = true } else { waitForWriter(at: startNanoseconds) }
        return nil
      }
      self.document.didWrite(change: change, at: startNanoseconds)
      writer = nil
      hasFailed = false
      changeDueNanoseconds = nil
      lastWriteNanoseconds = SystemClock.monotonicNanoseconds - startNanoseconds
      return kept
    } catch {
      hasFailed = true
      lastWriteNanoseconds = SystemClock.monotonicNanoseconds - startNanoseconds
      changeDueNanoseconds = nil
      markChanged(at: SystemClock.monotonicNanoseconds)
      throw error
    }
  }

  private mutating func waitForWriter(at nowNanoseconds: Int64) {
    writer = (writer?.sinceNanoseconds ?? nowNanoseconds, nowNanoseconds + 500_000_000)
  }
}
