import ChatProtocol
import POSIX
import Tar

/// Unpacks a backup and verifies it against its manifest and sums: bytes in, files out, no I/O.
///
/// The files are valid only after `.end`: only then all names, sizes and sums are verified.
struct BackupReader {
  enum Event {
    case begins(BackupManifest)
    case file(BackupManifest.File)
    /// Bytes of the file, in `buffer`.
    case bytes(Range<Int>)
    case fileEnd
    /// The backup is complete and verified.
    case end(BackupManifest, [BackupSum])
  }

  /// Why it is not a valid backup: a sentence about "it".
  struct Error: Swift.Error, Equatable {
    var problem: String
    init(_ problem: String) { self.problem = problem }
  }

  private enum Phase {
    case manifest
    case files
    case sums
    case over
  }

  private var tar = TarReader()
  private var phase = Phase.manifest
  private var manifest: BackupManifest?
  /// The files of the manifest that have not been read yet.
  private var expected: ArraySlice<BackupManifest.File> = []
  private var sums: [BackupSum] = []
  /// The file being read.
  private var current: (name: String, cksum: Cksum)?
  /// The manifest or the sums, as far as they have been read.
  private var text: [UInt8] = []

  /// Far more than any folder's list of files needs.
  private static let textBytesMax: Int64 = 256 << 20

  /// Ranges of events refer to this, until the next call that changes the reader.
  var buffer: [UInt8] { tar.buffer }

  mutating func append(_ bytes: [UInt8]) { tar.append(bytes.span) }

  /// nil until more bytes are appended.
  mutating func next() throws(Error) -> Event? {
    while true {
      let event: TarReader.Event?
      do throws(TarError) {
        event = try tar.next()
      } catch {
        throw manifest == nil ? Self.notABackup : Error("it is damaged: \(error)")
      }
      switch event {
      case nil: return nil
      case .member(let member)?: if let event = try begin(member) { return event }
      case .bytes(let range)?:
        guard var file = current else {
          text += tar.buffer[range]
          continue
        }
        let bytes = tar.buffer
        file.cksum.append(bytes.span.extracting(range))
        current = file
        return .bytes(range)
      case .memberEnd?: if let event = try endMember() { return event }
      case .end?:
        guard phase == .over, let manifest else { throw incomplete }
        return .end(manifest, sums)
      }
    }
  }

  /// The error if the input ends before `.end`.
  var incomplete: Error { manifest == nil ? Self.notABackup : Error("it is incomplete: its end is missing") }

  private static let notABackup = Error("it is not a backup made by chat-admin")

  private mutating func begin(_ member: TarMember) throws(Error) -> Event? {
    guard member.kind == .file else { throw Error("it contains something other than files") }
    switch phase {
    case .manifest:
      guard member.name == BackupName.manifest, member.size <= Self.textBytesMax else { throw Self.notABackup }
      return nil
    case .files where member.name == BackupName.sums:
      if let missing = expected.first(where: { !BackupName.isSharedFile($0.name) }) { throw lacks(missing.name) }
      guard member.size <= Self.textBytesMax else { throw Error("it is damaged: its list of sums is too long") }
      phase = .sums
      text = []
      return nil
    case .files:
      // A shared file may have been removed while the backup was made.
      while let next = expected.first, next.name != member.name, BackupName.isSharedFile(next.name) {
        expected.removeFirst()
      }
      guard let file = expected.popFirst() else { throw Error("it contains a file that is not in its manifest") }
      guard file.name == member.name else { throw lacks(file.name) }
      guard file.size == member.size else { throw Error("\(file.name) in it has another size than in its manifest") }
      current = (file.name, Cksum())
      return .file(file)
    case .sums, .over: throw Error("it contains a file after its last one")
    }
  }

  private func lacks(_ name: String) -> Error { Error("it lacks \(name), which is in its manifest") }

  private mutating func endMember() throws(Error) -> Event? {
    if let file = current {
      sums.append(BackupSum(cksum: file.cksum.value, size: Int64(file.cksum.count), name: file.name))
      current = nil
      return .fileEnd
    }
    if phase == .sums {
      try compareSums()
      phase = .over
      return nil
    }
    do throws(CodingError) {
      let manifest = try BackupManifest(decoding: text)
      self.manifest = manifest
      expected = manifest.files[...]
      phase = .files
      return .begins(manifest)
    } catch {
      throw Error("its \(BackupName.manifest) is invalid: \(error.problem)")
    }
  }

  private func compareSums() throws(Error) {
    guard let written = BackupSum.decode(text), written.map(\.name) == sums.map(\.name) else {
      throw Error("it is damaged: its sums are not those of its files")
    }
    for (sum, written) in zip(sums, written) where sum != written {
      throw Error("it is damaged: the checksum of \(sum.name) does not match")
    }
  }

  /// Reads a file from its beginning to its end, in pieces.
  static func readFile(
    _ descriptor: borrowing FileDescriptor, _ path: String, _ body: ([UInt8]) throws(AdminError) -> Void
  ) throws(AdminError) {
    var position: Int64 = 0
    while true {
      let piece: [UInt8]
      do throws(Errno) {
        piece = try descriptor.pread(upTo: 256 << 10, at: position)
      } catch {
        throw AdminError(.inputOutput, "cannot read \(path): \(error)")
      }
      if piece.isEmpty { return }
      position += Int64(piece.count)
      try body(piece)
    }
  }
}
