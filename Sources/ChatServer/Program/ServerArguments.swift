package import ChatStore
import Terminal

/// What the command line asks for.
enum ServerArguments: Equatable {
  case serve(ServerConfiguration)
  case check(ServerConfiguration)
  case settings(ServerConfiguration)
  case version
  case help

  private static let options: [Option] = [
    .value("data", "DIR"), .value("host", "ADDRESS"), .value("port", "N"), .value("control", "PATH"),
    .value("fsync", "always|everysec|no"), .flag("check"), .flag("settings"), .flag("version"),
    .flag("help", letter: "h"),
  ]

  /// `list` comes without the program's name.
  init(parsing list: [String]) throws(UsageError) {
    let arguments = try Arguments(parsing: list, options: ServerArguments.options)
    try arguments.requirePositionals()
    if arguments.flag("help") {
      self = .help
      return
    }
    if try arguments.flagAlone("version") {
      self = .version
      return
    }
    var configuration = ServerConfiguration()
    if let data = try arguments.nonEmpty("data") { configuration.data = data }
    (configuration.host, configuration.port) = try arguments.address(ports: 0...65535)
    configuration.control = try arguments.nonEmpty("control")
    configuration.fsync = try arguments.choice("fsync", of: SyncPolicy.self)
    switch (arguments.flag("check"), arguments.flag("settings")) {
    case (true, true): throw .other("--check and --settings are two different things to do; give one of them")
    case (true, false): self = .check(configuration)
    case (false, true): self = .settings(configuration)
    case (false, false): self = .serve(configuration)
    }
  }
}

extension Arguments {
  fileprivate func nonEmpty(_ name: String) throws(UsageError) -> String? {
    guard let value = value(name) else { return nil }
    if value.isEmpty { throw .other("--\(name) needs a value that is not empty") }
    return value
  }
}

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

/// What `chat-server --help` prints.
enum ServerHelp {
  static let text = """
    chat-server serves a chat out of one folder of plain files.

    Usage: chat-server [--data DIR] [--host ADDRESS] [--port N] [--control PATH]
                       [--fsync always|everysec|no] [--check] [--settings]
                       [--version] [--help]

    Options:
      --data DIR      The data folder; made where it is missing. Default: data
      --host ADDRESS  Where clients connect. Default: 127.0.0.1, this machine alone.
                      PasswordService travel unencrypted: beyond it, use a network you trust.
      --port N        The TCP port; 0 takes any free one. Default: 7777
      --control PATH  The socket that chat-admin uses. Default: DIR/control.sock
      --fsync WHEN    When the log is made to outlast a loss of power: "always", before
                      anything is told; "everysec", within about a second (the default);
                      "no", when the system sees fit.
      --check         Reads the data folder, prints every fault in it as
                      FILE:LINE: what is wrong, and how to mend it; changes nothing.
      --settings      Prints the settings in force as a settings.json, and ends.
      --version       Prints the version, and ends.
      --help          Prints this, and ends; also -h.

    --host, --port, --control, --fsync and every bound may stand in DIR/settings.json; what is
    given here overrides it. Once clients can connect, one line is printed:
      chat-server ready on 127.0.0.1:7777, control data/control.sock, data data
    From then on everything that happens stands in DIR/chat.log.

    Signals:
      SIGINT, SIGTERM  Tells everybody, saves, and ends.
      SIGHUP           Takes over what was edited, and opens chat.log anew, for logrotate.

    While the disk is full or fails, what cannot be recorded is refused; the server goes
    on by itself when it works again.

    Exit status:
      0   ended as told; no fault was found, or only what a start would warn of
      64  the command line makes no sense
      65  a file of the data folder cannot be understood; --check: or there is no such folder
      69  the port or the folder is in use, or the address is not this machine's
      70  the system failed: the files could not be written, no thread could be made, or
          fewer than 64 files may be open (ulimit -n)
      73  a file, folder or socket cannot be made
      77  not permitted

    Examples:
      chat-server                         serve this machine from ./data
      chat-server --host 0.0.0.0          serve the network as well
      chat-server --data /srv/chat --check
      nc 127.0.0.1 7777                   chat with it

    """
}
