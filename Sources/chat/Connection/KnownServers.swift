import POSIX
import TLS

/// The certificates that the user has accepted, one a line: `HOST:PORT SHA256:… DATE`. Empty lines and lines that begin with
/// `#` are comments.
struct KnownServers: Equatable, Sendable {
  static let form = "HOST:PORT SHA256:… DATE"

  /// An accepted certificate, and the number of its line.
  struct Pin: Equatable, Sendable {
    var fingerprint: String
    var line: Int
  }

  private enum Line: Equatable {
    case pin(server: String, fingerprint: String)
    case comment
    /// With its first word, which may be a server's address.
    case unreadable(String)
  }

  /// As they are in the file: what cannot be read stays.
  private var lines: [[UInt8]]

  init(_ bytes: [UInt8] = []) {
    lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
    if lines.last?.isEmpty == true { lines.removeLast() }
  }

  var bytes: [UInt8] { lines.flatMap { $0 + [UInt8(ascii: "\n")] } }

  private static func parse(_ line: [UInt8]) -> Line {
    let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { String(decoding: $0, as: UTF8.self) }
    guard let server = words.first, !server.hasPrefix("#") else { return .comment }
    // The date is for people.
    guard words.count == 2 || words.count == 3, let fingerprint = Certificate.fingerprint(parsing: words[1]) else {
      return .unreadable(server.lowercased())
    }
    return .pin(server: server.lowercased(), fingerprint: fingerprint)
  }

  /// A server may have several certificates. `server` is as in `ServerEndpoint.server`.
  func pins(of server: String) -> [Pin] {
    lines.enumerated().compactMap { index, line in
      guard case .pin(server.lowercased(), let fingerprint) = Self.parse(line) else { return nil }
      return Pin(fingerprint: fingerprint, line: index + 1)
    }
  }

  /// The numbers of lines that cannot be read.
  var unreadableLines: [Int] {
    lines.indices.filter { if case .unreadable = Self.parse(lines[$0]) { true } else { false } }.map { $0 + 1 }
  }

  /// The first line that cannot be read and begins with the server's address: a damaged pin is not the same as none.
  func damagedLine(of server: String) -> Int? {
    lines.firstIndex { Self.parse($0) == .unreadable(server.lowercased()) }.map { $0 + 1 }
  }

  mutating func add(_ server: String, _ fingerprint: String, date: String) {
    lines.append(Array("\(server.lowercased()) \(fingerprint) \(date)".utf8))
  }
}

/// The file with them: mode 0600, beside the client's other state.
struct KnownServersFile: Equatable, Sendable {
  private static let bytesMax: Int64 = 16 << 20

  /// Nil without a home: nothing is known, and nothing can be saved.
  let path: String?

  static var standard: KnownServersFile { KnownServersFile(path: LineFile.statePath("known_servers")) }

  /// A missing file is an empty one.
  func load() throws(Errno) -> KnownServers {
    guard let path else { return KnownServers() }
    do throws(Errno) {
      return KnownServers(try File.readWhole(path, bytesMax: Self.bytesMax))
    } catch .noSuchFileOrDirectory {
      return KnownServers()
    }
  }

  /// Adds a line. Other processes see the old file or the new one.
  func add(_ server: String, _ fingerprint: String, date: String) throws(Errno) {
    guard let path else { throw .noSuchFileOrDirectory }
    try LineFile.makeFolders(of: path)
    // Another process may have added one meanwhile.
    var servers = try load()
    servers.add(server, fingerprint, date: date)
    let beside = "\(path).\(CurrentProcess.id)"
    do throws(Errno) {
      let file = try File.open(beside, [.writeOnly, .create, .exclusive], mode: 0o600)
      try file.writeAll(servers.bytes)
      try file.sync()
      try File.rename(beside, to: path)
    } catch {
      if error != .fileExists { try? File.unlink(beside) }
      throw error
    }
  }
}
