import ChatCore
import ChatProtocol
import POSIX

/// The data folder and the names of its files.
package struct DataFolder: Sendable {
  /// As given, without a slash at the end.
  package let path: String

  package init(_ path: String) {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path.isEmpty ? "." : String(path)
  }

  package var users: String { file("users.csv") }
  package var rooms: String { file("rooms.json") }
  package var state: String { file("state.json") }
  package var files: String { file("files.json") }
  /// The folder with the content of shared files.
  package var fileBytes: String { file("files") }
  package var settings: String { file("settings.json") }
  package var motd: String { file("motd.txt") }
  /// The certificate that the server has made, and its key.
  package var tlsCertificate: String { file(BackupName.tlsCertificate) }
  package var tlsKey: String { file(BackupName.tlsKey) }
  package var journal: String { file("journal.jsonl") }
  package var log: String { file("chat.log") }
  package var privateLog: String { file("private.log") }
  package var lock: String { file("lock") }
  /// Created for a moment to probe the disk.
  var probe: String { file(".probe") }

  /// Created for a moment, for a backup.
  var copy: String { file(".backup") }

  /// The path of a file that a setting names: relative ones are relative to the folder.
  package func path(named name: String) -> String { name.hasPrefix("/") ? name : file(name) }

  private func file(_ name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

  /// The errors and warnings of all files. It takes no lock and changes nothing. A missing folder is an error; a missing file counts
  /// as an empty one.
  package func check() -> [FileError] {
    let found = read()
    guard found.contains(where: \.isWarning) else { return found }
    // A running server may share or remove a file between two reads, so only warnings of two checks count.
    let again = Set(read().map { [$0.file, $0.problem] })
    return found.filter { !$0.isWarning || again.contains([$0.file, $0.problem]) }
  }

  private func read() -> [FileError] {
    var loading = FolderLoading(self)
    loading.readAll()
    if loading.errors.contains(where: { !$0.isWarning }) { return loading.errors }
    _ = loading.replay()
    return loading.errors + loading.warnings + loading.fileWarnings
  }

  /// Reads `settings.json`; the defaults where there is none.
  package func readSettings() throws(StoreError) -> SettingsFile {
    var loading = FolderLoading(self)
    loading.readSettings()
    if !loading.errors.isEmpty { throw .malformed(loading.errors) }
    return loading.settings
  }

  /// Creates the folder where it is missing, accessible to its owner alone.
  func make() throws(StoreError) {
    do throws(Errno) {
      try File.makeDirectory(path, mode: 0o700)
      try? File.syncDirectory(File.folder(of: path))
    } catch .fileExists {
      guard let status = try? File.status(path), status.isDirectory else {
        throw .cannotCreate(path: path, .notDirectory)
      }
    } catch {
      throw StoreError(path: path, doing: "created", creates: true, error)
    }
  }
}

/// Identifies a folder, whatever its name.
struct FolderIdentity: Equatable, Sendable {
  var device: UInt64
  var inode: UInt64

  init(of folder: DataFolder) throws(Errno) {
    let status = try File.status(folder.path)
    if !status.isDirectory { throw .notDirectory }
    (device, inode) = (status.device, status.inode)
  }
}
