import POSIX
import Testing

/// A transcript of lines sent to a server and received from it, read from a `.chat` file. See `Tests/README.md`.
struct Scenario: Sendable {
  /// The file's name without its extension.
  let name: String
  let path: String
  /// `settings` lines: bounds and switches by their names in settings.json.
  var settings: [(name: String, value: Int)] = []
  /// `motd` lines: those of motd.txt.
  var motd: [String] = []
  var accounts: [GivenAccount] = []
  var steps: [Step] = []

  /// An account that exists from the start: `account carol password-x operator`.
  struct GivenAccount: Sendable {
    var name: String
    var password: String
    var isOperator = false
    var isDisabled = false
    var email: String?
  }

  struct Step: Sendable {
    var line: Int
    var action: Action
  }

  enum Action: Equatable, Sendable {
    /// `alice connects`, `… as json`, `… and is greeted`: only the last one leaves the greeting to be received.
    case connects(String, asJSON: Bool, isGreeted: Bool)
    /// `alice > /join ops`: bytes, because some lines are not text.
    case sends(String, [UInt8])
    /// `alice < ok join ops, your current room`
    case receives(String, Pattern)
    /// `alice hangs up`: the connection is closed in good order, without `/quit`.
    case hangsUp(String)
    /// `alice disconnects`: the connection is lost.
    case disconnects(String)
    /// `alice is closed`: by the server.
    case isClosed(String)
    /// `the server restarts`
    case restarts
  }

  /// The participant that is connected to the control socket.
  static let administrator = "admin"
}

extension Scenario: CustomTestStringConvertible {
  var testDescription: String { name }

  /// The folder of the transcripts, which contains the folder of this file.
  private static let folder = #filePath.split(separator: "/").dropLast(2).map { "/\($0)" }.joined()

  /// Every transcript, by name.
  static func all() throws -> [Scenario] {
    try File.names(inDirectory: folder).filter { $0.hasSuffix(".chat") }.map { file in
      let path = "\(folder)/\(file)"
      return try Scenario(parsing: String(decoding: File.readWhole(path), as: UTF8.self), path: path)
    }
  }
}
