import POSIX

/// A folder of its own for one test, removed with what is in it at the end.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = "/tmp/chat-admin-test-\(Random.bytes(8).map { String($0, radix: 16) }.joined())"
    try File.makeDirectory(path)
  }

  deinit {
    for name in (try? File.names(inDirectory: path)) ?? [] { try? File.unlink("\(path)/\(name)") }
    try? File.removeDirectory(path)
  }

  func file(_ name: String, _ text: String) throws -> String {
    try File.open("\(path)/\(name)", [.writeOnly, .create]).writeAll(text)
    return "\(path)/\(name)"
  }
}
