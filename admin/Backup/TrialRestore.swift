import ChatProtocol
import POSIX

/// A backup restored for the check alone, in a folder of its own for as long as that takes: the documents as they are, of shared
/// files only the length, and nothing of the log, in which a server finds no fault.
final class TrialRestore {
  private let path: String
  private let check: OfflineCheck
  private var output: FileDescriptor?
  private var hasSharedFiles = false

  /// nil where there is no server's program that could check it.
  init?(program: String) throws(AdminError) {
    guard (try? File.status(program)) != nil else { return nil }
    check = OfflineCheck(program: program)
    let place = Environment.value("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    path = "\(place)/chat-admin-\(CurrentProcess.id)-\(Random.bytes(8).map { String($0, radix: 16) }.joined())"
    do throws(Errno) { try File.makeDirectory(path, mode: 0o700) } catch { throw failure(error) }
  }

  deinit { RestoredFolder.remove(path) }

  func begin(_ file: BackupManifest.File) throws(AdminError) {
    let isShared = BackupName.isSharedFile(file.name)
    guard isShared || BackupName.isDocument(file.name) else { return }
    do throws(Errno) {
      if isShared, !hasSharedFiles {
        try File.makeDirectory("\(path)/\(BackupName.sharedFolder)", mode: 0o700)
        hasSharedFiles = true
      }
      let descriptor = try File.open("\(path)/\(file.name)", [.writeOnly, .create, .exclusive], mode: 0o600)
      if isShared { try descriptor.truncate(to: file.size) } else { output = consume descriptor }
    } catch {
      throw failure(error)
    }
  }

  func write(_ bytes: [UInt8]) throws(AdminError) {
    do throws(Errno) { try output?.writeAll(bytes) } catch { throw failure(error) }
  }

  func end() { output = nil }

  /// What a server would say of it.
  func findings() throws(AdminError) -> OfflineCheck.Findings { try check.findings(in: path, hidesPath: true) }

  private func failure(_ errno: Errno) -> AdminError {
    AdminError(
      .inputOutput,
      "cannot check the backup in \(path): \(errno); none was made; TMPDIR names another folder to do that in")
  }
}

/// A backup that is read as it comes: taken apart, compared with its sums, and restored for a check.
struct BackupVerification {
  private var reader = BackupReader()
  private let trial: TrialRestore?

  init(program: String) throws(AdminError) { trial = try TrialRestore(program: program) }

  /// Looks at some more bytes; the receipt once it is whole.
  mutating func take(_ bytes: [UInt8]) throws(AdminError) -> BackupReceipt? {
    reader.append(bytes)
    while let event = try next() {
      switch event {
      case .begins: break
      case .file(let file): try trial?.begin(file)
      case .bytes(let range): try trial?.write(Array(reader.buffer[range]))
      case .fileEnd: trial?.end()
      case .end(let manifest, let sums): return BackupReceipt(manifest: manifest, sums: sums)
      }
    }
    return nil
  }

  private mutating func next() throws(AdminError) -> BackupReader.Event? {
    do throws(BackupReader.Fault) { return try reader.next() } catch {
      throw AdminError(
        .software, "the backup did not arrive as it was sent, and none was made: \(error.problem); try again")
    }
  }

  /// nil where nobody could check it.
  func findings() throws(AdminError) -> OfflineCheck.Findings? { try trial?.findings() }
}
