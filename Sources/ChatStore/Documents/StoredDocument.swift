import ChatProtocol
import POSIX

/// A document, its file, and when that is to be written.
struct StoredDocument<Document: FileDocument>: Sendable {
  var document: Document
  private(set) var file: DataFile
  /// When the file is to follow, by the monotonic clock; nil while it says what the document says.
  private(set) var due_ns: Int64?
  private var lastWrite_ns: Int64 = 0
  /// Whether the last write failed, which is told once.
  private(set) var hasFailed = false

  init(_ document: Document, file: DataFile) {
    self.document = document
    self.file = file
  }

  /// The name for notices and replies: `users.csv`.
  var name: String { String(file.path.split(separator: "/").last ?? "") }

  /// Whether the file does not say what the document says, or is gone.
  var needsWrite: Bool { document.isChanged || due_ns != nil || file.isLost }

  /// Whether the file lacks a change that the document has.
  var isBehind: Bool { document.isChanged || due_ns != nil }

  /// To be called after each change. A large file is not written all the time: it gets a tenth of it at most.
  mutating func noteChanged(at now_ns: Int64) {
    if due_ns == nil { due_ns = now_ns + max(1_000_000_000, 10 * lastWrite_ns) }
  }

  /// Writes the file; the paths of what was kept beside it. After a failure it is due again.
  mutating func write(at now: Timestamp) throws(Errno) -> [String] {
    let start_ns = SystemClock.monotonic_ns
    do throws(Errno) {
      document.encodeChanges()
      let document = document
      let kept = try file.replace(at: now) { (output) throws(Errno) in
        try document.write { (piece) throws(Errno) in try output.append(piece) }
      }
      self.document.noteWritten()
      hasFailed = false
      due_ns = nil
      lastWrite_ns = SystemClock.monotonic_ns - start_ns
      return kept
    } catch {
      hasFailed = true
      lastWrite_ns = SystemClock.monotonic_ns - start_ns
      due_ns = nil
      noteChanged(at: SystemClock.monotonic_ns)
      throw error
    }
  }
}
