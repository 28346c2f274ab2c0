import ChatStore
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
