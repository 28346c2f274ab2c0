import POSIX

/// A folder of its own for one test, removed with what is in it at the end.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let name = Random.bytes(8).map { String($0, radix: 16) }.joined()
    path = "/tmp/posix-test-\(name)"
    try File.makeDirectory(path)
  }

  deinit {
    Self.remove(path)
  }

  func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Makes a file with this text and answers its path.
  func file(_ name: String, _ text: String = "") throws -> String {
    let path = path(name)
    try File.open(path, [.writeOnly, .create, .truncate]).writeAll(text)
    return path
  }

  private static func remove(_ folder: String) {
    for name in (try? File.names(inDirectory: folder)) ?? [] {
      let path = "\(folder)/\(name)"
      if (try? File.statusOfLink(path).isDirectory) == true { remove(path) } else { try? File.unlink(path) }
    }
    try? File.removeDirectory(folder)
  }
}

/// A file's bytes as text.
func text(_ path: String) throws -> String {
  String(decoding: try File.readWhole(path), as: UTF8.self)
}
