import ChatProtocol
import Terminal

/// The command line of `chat`, checked.
struct ClientOptions: Equatable {
  var host = "127.0.0.1"
  var port: UInt16 = 7777
  var name: LoginName?
  var room: Name?
  var isJSON = false
  /// Where files go that others share, unasked.
  var acceptsFilesIn: String?
  /// How long a pipe tries to get a lost connection back.
  var patience_s = 120
  /// nil leaves it to NO_COLOR.
  var color: Bool?

  /// What the command line asks for.
  enum Request: Equatable {
    case chat(ClientOptions)
    case help
    case version
  }

  private static let declared: [Option] = [
    .value("host", "ADDRESS"), .value("port", "N"), .value("name", "NAME"), .value("room", "ROOM"), .flag("json"),
    .value("color", "WHEN"), .value("accept-files", "DIR"), .value("patience", "SECONDS"), .flag("help", letter: "h"),
    .flag("version"),
  ]

  /// `list` does not include the program's name. Where nobody can be asked, a name must be given.
  static func parse(_ list: [String], isInteractive: Bool) throws(UsageError) -> Request {
    let arguments = try Arguments(parsing: list, options: declared)
    try arguments.requirePositionals()
    if arguments.flag("help") { return .help }
    if try arguments.flagAlone("version") { return .version }
    var options = ClientOptions()
    let (host, port) = try arguments.address(ports: 1...65535)
    if let host { options.host = host }
    if let port { options.port = UInt16(port) }
    if let name = arguments.value("name") {
      guard let loginName = LoginName(typed: name) else {
        throw .invalidValue(
          name, option: "name", expected: "\(Name.rule), or an account's e-mail address", nearest: nil)
      }
      options.name = loginName
    }
    if let room = arguments.value("room") {
      guard let name = Name(room) else {
        throw .invalidValue(room, option: "room", expected: Name.rule, nearest: nil)
      }
      options.room = name
    }
    options.isJSON = arguments.flag("json")
    options.acceptsFilesIn = arguments.value("accept-files")
    if let seconds = try arguments.integer("patience", in: 0...86_400) { options.patience_s = seconds }
    if let when = arguments.value("color") {
      switch when {
      case "always": options.color = true
      case "never": options.color = false
      case "auto": break
      default: throw .invalidValue(when, option: "color", expected: "always, never or auto", nearest: nil)
      }
    }
    if options.name == nil, !isInteractive {
      throw .other("--name NAME is missing: standard input is no terminal, so nobody can be asked")
    }
    return .chat(options)
  }
}
