import ChatProtocol
import POSIX
import Tar

/// Takes a backup apart and holds it to what it says of itself: bytes in, files out, no I/O.
///
/// Nothing of what comes out counts before `.end`: only then all names, lengths and sums are known to be right.
struct BackupReader {
  enum Event {
    /// What the backup says it is.
    case begins(BackupManifest)
    case file(BackupManifest.File)
    /// Bytes of it, in `buffer`.
    case bytes(Range<Int>)
    case fileEnd
    /// All of it is there and as it was written.
    case end(BackupManifest, [BackupSum])
  }

  /// Why it is no backup, or none that is whole: a sentence about "it".
  struct Fault: Error, Equatable {
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
  /// What of the manifest has not come yet.
  private var expected: ArraySlice<BackupManifest.File> = []
  private var sums: [BackupSum] = []
  /// The file that is being read, and what it adds up to.
  private var current: (name: String, cksum: Cksum)?
  /// The manifest or the sums, as far as they have come.
  private var text: [UInt8] = []

  /// Far longer than the list of any folder's files.
  private static let textBytes_max: Int64 = 256 << 20

  /// Where the ranges of events point. They hold until the next call that changes the reader.
  var buffer: [UInt8] { tar.buffer }

  mutating func append(_ bytes: [UInt8]) { tar.append(bytes.span) }

  /// What comes next; nil until more bytes come.
  mutating func next() throws(Fault) -> Event? {
    while true {
      let event: TarReader.Event?
      do throws(TarError) {
        event = try tar.next()
      } catch {
        throw manifest == nil ? Self.foreign : Fault("it is damaged: \(error)")
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
      case .memberEnd?: if let event = try end() { return event }
      case .end?:
        guard phase == .over, let manifest else { throw incomplete }
        return .end(manifest, sums)
      }
    }
  }

  /// There are no more bytes.
  func finish() throws(Fault) { throw incomplete }

  private var incomplete: Fault { manifest == nil ? Self.foreign : Fault("it is not whole: its end is missing") }

  private static let foreign = Fault("it is no backup that chat-admin has made")

  private mutating func begin(_ member: TarMember) throws(Fault) -> Event? {
    guard member.kind == .file else { throw Fault("it holds something that is no file, which no backup does") }
    switch phase {
    case .manifest:
      guard member.name == BackupName.manifest, member.size <= Self.textBytes_max else {
        throw Self.foreign
      }
      return nil
    case .files where member.name == BackupName.sums:
      guard expected.allSatisfy({ BackupName.isSharedFile($0.name) }) else { throw missing(expected.first!.name) }
      guard member.size <= Self.textBytes_max else { throw Fault("it is damaged: its list of sums is too long") }
      phase = .sums
      text = []
      return nil
    case .files:
      // A shared file may have been removed while the backup was taken.
      while let next = expected.first, next.name != member.name, BackupName.isSharedFile(next.name) {
        expected.removeFirst()
      }
      guard let file = expected.popFirst() else { throw Fault("it holds a file that its list does not name") }
      guard file.name == member.name else { throw missing(file.name) }
      guard file.size == member.size else { throw Fault("\(file.name) in it is of another length than its list says") }
      current = (file.name, Cksum())
      return .file(file)
    case .sums, .over: throw Fault("it holds a file behind what should be its last")
    }
  }

  private func missing(_ name: String) -> Fault { Fault("it lacks \(name), which its list names") }

  private mutating func end() throws(Fault) -> Event? {
    if let file = current {
      sums.append(BackupSum(cksum: file.cksum.value, size: Int64(file.cksum.count), name: file.name))
      current = nil
      return .fileEnd
    }
    if phase == .sums {
      try compare()
      phase = .over
      return nil
    }
    do throws(ControlDecodingError) {
      let manifest = try BackupManifest(decoding: text)
      self.manifest = manifest
      expected = manifest.files[...]
      phase = .files
      return .begins(manifest)
    } catch {
      throw Fault("its \(BackupName.manifest) is not understood: \(error.problem)")
    }
  }

  private func compare() throws(Fault) {
    guard let written = BackupSum.decode(text), written.map(\.name) == sums.map(\.name) else {
      throw Fault("it is damaged: its sums are not those of its files")
    }
    for (sum, written) in zip(sums, written) where sum != written {
      throw Fault("it is damaged: \(sum.name) is not as it was written")
    }
  }
}
