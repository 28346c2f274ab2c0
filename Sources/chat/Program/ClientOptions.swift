import ChatProtocol
import TLS
import Terminal

/// The parsed command line of `chat`.
struct ClientOptions: Equatable {
  var host = "127.0.0.1"
  var port: UInt16 = 7777
  var name: LoginName?
  var room: Name?
  var isJSON = false
  /// The folder into which shared files are fetched unasked.
  var acceptsFilesIn: String?
  /// How long a pipe tries to reconnect.
  var reconnectTimeoutSeconds = 120
  var encryption = ServerEndpoint.Encryption.unlessLoopback
  /// The only certificate that the server may have, as `Certificate.fingerprint` writes it.
  var fingerprint: String?
  /// Nil for `auto`.
  var color: Bool?

  enum Request: Equatable {
    case chat(ClientOptions)
    case help
    case version
  }

  private static let declared: [Option] = [
    .value("host", "ADDRESS"), .value("port", "N"), .value("name", "NAME"), .value("room", "ROOM"), .flag("tls"),
    .flag("no-tls"), .value("fingerprint", "SHA256:…"), .flag("json"), .value("color", "WHEN"),
    .value("accept-files", "DIR"), .value("patience", "SECONDS"), .flag("help", letter: "h"), .flag("version"),
  ]

  private enum Color: String, CaseIterable {
    case always, never, auto
  }

  /// `list` does not include the program's name. `isInteractive`: a missing name can be asked for.
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
    if let seconds = try arguments.integer("patience", in: 0...86_400) { options.reconnectTimeoutSeconds = seconds }
    if let when = arguments.value("color") {
      guard let color = Color(rawValue: when) else {
        throw .invalidValue(when, option: "color", expected: "always, never or auto", nearest: nil)
      }
      options.color = color == .auto ? nil : color == .always
    }
    if let text = arguments.value("fingerprint") {
      guard let fingerprint = Certificate.fingerprint(parsing: text) else {
        throw .invalidValue(
          text, option: "fingerprint", expected: "SHA256: and 64 hexadecimal digits, with or without colons",
          nearest: nil)
      }
      options.fingerprint = fingerprint
    }
    if arguments.flag("no-tls") {
      if arguments.flag("tls") { throw .other("--tls and --no-tls exclude each other") }
      if options.fingerprint != nil { throw .other("--fingerprint needs TLS, and --no-tls turns it off") }
      options.encryption = .never
    } else if arguments.flag("tls") || options.fingerprint != nil {
      options.encryption = .always
    }
    if options.name == nil, !isInteractive {
      throw .other("--name NAME is required if standard input is not a terminal")
    }
    return .chat(options)
  }
}
