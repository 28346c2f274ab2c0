import ChatCore
import POSIX

/// The data folder and what its files are called.
package struct DataFolder: Sendable {
  /// As the user named it, without a slash at the end.
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
  /// The folder with the bytes of what `files.json` lists.
  package var fileBytes: String { file("files") }
  package var settings: String { file("settings.json") }
  package var journal: String { file("journal.jsonl") }
  package var log: String { file("chat.log") }
  package var lock: String { file("lock") }
  /// Made for a moment to see whether the disk works.
  var probe: String { file(".probe") }

  /// Made for a moment, for what a backup is read from.
  var copy: String { file(".backup") }

  private func file(_ name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

  /// Every fault in every file, by file and line, and what a server that starts would warn of. It takes no lock and changes nothing. A folder that is missing
  /// is a fault, because whoever checks it expects one; a file that is missing is an empty one.
  package func check() -> [Fault] {
    let found = look()
    guard found.contains(where: \.isWarning) else { return found }
    // A server that uses the folder may have shared or removed a file between two of the readings: what is wrong stays wrong.
    let again = Set(look().map { [$0.file, $0.problem] })
    return found.filter { !$0.isWarning || again.contains([$0.file, $0.problem]) }
  }

  private func look() -> [Fault] {
    var loading = FolderLoading(self)
    loading.readAll()
    if loading.faults.contains(where: { !$0.isWarning }) { return loading.faults }
    _ = loading.replay()
    return loading.faults + loading.warnings + loading.fileFaults
  }

  /// What `settings.json` says; the defaults where there is none.
  package func readSettings() throws(StoreError) -> SettingsFile {
    var loading = FolderLoading(self)
    loading.readSettings()
    if !loading.faults.isEmpty { throw .malformed(loading.faults) }
    return loading.settings
  }

  /// Makes the folder where it is missing, for its owner alone.
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
