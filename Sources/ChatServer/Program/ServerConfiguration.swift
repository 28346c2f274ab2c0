package import ChatStore

/// What a server is started with. What is nil here may stand in `settings.json`, and has a default.
package struct ServerConfiguration: Equatable, Sendable {
  package var data: String
  package var host: String?
  /// 0 takes any free one.
  package var port: Int?
  package var control: String?
  package var fsync: SyncPolicy?
  /// Whether SIGINT, SIGTERM and SIGHUP are the server's: not where it is one of several in a process.
  package var takesSignals: Bool

  package init(
    data: String = "data", host: String? = nil, port: Int? = nil, control: String? = nil, fsync: SyncPolicy? = nil,
    takesSignals: Bool = true
  ) {
    self.data = data
    self.host = host
    self.port = port
    self.control = control
    self.fsync = fsync
    self.takesSignals = takesSignals
  }

  var folder: DataFolder { DataFolder(data) }

  /// The settings in force: flags before the file before the defaults. Nothing in it is nil.
  func inForce(over file: SettingsFile) -> SettingsFile {
    var settings = file
    settings.host = host ?? file.host ?? "127.0.0.1"
    settings.port = port ?? file.port ?? 7777
    settings.control = control ?? file.control ?? (folder.path == "/" ? "/control.sock" : "\(folder.path)/control.sock")
    settings.fsync = fsync ?? file.fsync ?? .everysec
    return settings
  }
}
