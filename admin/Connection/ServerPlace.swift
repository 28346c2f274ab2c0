import JSON
import POSIX

/// How the operator named the server: by its data folder or by its control socket.
enum ServerPlace: Equatable {
  case data(folder: String)
  case control(path: String)

  static let standard = ServerPlace.data(folder: "data")

  /// The control socket of a data folder is `control.sock` in it, unless its settings.json names another.
  var socketPath: String {
    switch self {
    case .control(let path): path
    case .data(let folder): ServerPlace.controlSetting(of: folder) ?? "\(folder)/control.sock"
    }
  }

  /// How a server would be started here.
  var startCommand: String {
    switch self {
    case .data(let folder): "chat-server --data \(shellQuoted(folder))"
    case .control(let path): "chat-server --control \(shellQuoted(path))"
    }
  }

  /// Settings that cannot be read do not matter here: a server that runs may have read them before somebody's edit broke
  /// them, and one that does not run says at its start what is wrong.
  private static func controlSetting(of folder: String) -> String? {
    guard let bytes = try? File.readWhole("\(folder)/settings.json", bytesMax: 1 << 20),
      let settings = try? JSONValue(parsing: bytes), let path = settings["control"]?.string, !path.isEmpty
    else { return nil }
    return path
  }
}

/// A word as a shell takes it back: quoted unless it is made of harmless characters.
func shellQuoted(_ word: String) -> String {
  func isHarmless(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "/._-+:@,".utf8.contains(byte)
    }
  }
  if !word.isEmpty, word.utf8.allSatisfy(isHarmless) { return word }
  return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
}
