package import ChatStore
import Terminal

/// What the command line asks for.
enum ServerArguments: Equatable {
  case serve(ServerConfiguration)
  case check(ServerConfiguration, withCertificate: Bool = true)
  case settings(ServerConfiguration)
  case version
  case help

  private static let options: [Option] = [
    .value("data", "DIR"), .value("host", "ADDRESS"), .value("port", "N"), .value("control", "PATH"),
    .value("fsync", "always|everysec|no"), .flag("check"), .flag("without-certificate"), .flag("settings"),
    .flag("version"), .flag("help", letter: "h"),
  ]

  /// `list` is without the program's name.
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
    let withCertificate = !arguments.flag("without-certificate")
    guard withCertificate || arguments.flag("check") else {
      throw .other("--without-certificate is an option of --check; use both")
    }
    switch (arguments.flag("check"), arguments.flag("settings")) {
    case (true, true): throw .other("--check and --settings do different things; use one of them")
    case (true, false): self = .check(configuration, withCertificate: withCertificate)
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

/// What a server is started with. What is nil here may be in `settings.json`, or has its default.
package struct ServerConfiguration: Equatable, Sendable {
  package var data: String
  package var host: String?
  /// 0 takes any free one.
  package var port: Int?
  package var control: String?
  package var fsync: SyncPolicy?
  /// Whether the server handles SIGINT, SIGTERM and SIGHUP: not where it is one of several in a process.
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

  /// The settings in force: options before the file before the defaults. Nothing in it is nil.
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
    chat-server is a small chat server. All its data is plain files in one folder.

    Usage: chat-server [--data DIR] [--host ADDRESS] [--port N] [--control PATH]
                       [--fsync always|everysec|no] [--settings] [--version] [--help]
           chat-server --check [--without-certificate] [--data DIR]

    Options:
      --data DIR      The data folder; created if it is missing. Default: data
      --host ADDRESS  The address to listen on. Default: 127.0.0.1, this machine only.
                      With any other, clients of other machines connect with TLS. The
                      first start makes a certificate in DIR/tls, unless settings.json
                      names one. Needs OpenSSL 3 (libssl.so.3).
      --port N        The TCP port; 0 takes any free one. Default: 7777
      --control PATH  The socket for chat-admin. Default: DIR/control.sock
      --fsync WHEN    When the log is synced to the disk: "always", before anything is
                      sent; "everysec", within about a second (the default); "no", when
                      the system does it.
      --check         Reads the data folder and prints every error as
                      FILE:LINE: what is wrong, and how to correct it. Changes nothing.
      --without-certificate  Lets --check ignore the certificate for TLS and its key.
      --settings      Prints the settings in force as a settings.json.
      --version       Prints the version.
      --help          Prints this; also -h.

    DIR/settings.json may set host, port, control, fsync, the certificate and every limit.
    Options override it.
    Once clients can connect, the server prints one line:
      chat-server ready on 127.0.0.1:7777, control data/control.sock, data data
    After that, everything that happens is in DIR/chat.log.

    Signals:
      SIGINT, SIGTERM  Closes all connections, saves, and exits.
      SIGHUP           Reloads edited files and reopens chat.log, for logrotate.

    While the disk is full or fails, the server refuses what it cannot record, and recovers
    when the disk works again.

    Exit status:
      0   stopped normally; --check found no errors, or only warnings
      64  invalid arguments
      65  a file of the data folder is malformed, or the certificate cannot be used;
          --check: or there is no such folder
      69  the port or the folder is in use, the address is not of this machine, or
          libssl.so.3 is missing
      70  a system error: files cannot be written, no thread can be started, or
          fewer than 64 files may be open (ulimit -n)
      73  a file, folder, socket or certificate cannot be created
      77  permission denied, also to read the certificate or its key

    Examples:
      chat-server                         serve this machine from ./data
      chat-server --host 0.0.0.0          serve the network as well, encrypted
      chat-server --data /srv/chat --check
      nc 127.0.0.1 7777                   chat with it, from this machine

    """
}
