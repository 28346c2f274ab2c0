import POSIX

/// A test's own folder, removed with its contents at the end.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws { path = try Self.make() }

  deinit { Self.remove(path) }

  /// A folder that this value does not remove.
  package static func make() throws -> String {
    let number = Random.bytes(8).map { String($0, radix: 16) }.joined()
    let path = "/tmp/chat-test-\(CurrentProcess.id)-\(number)"
    try File.makeDirectory(path)
    return path
  }

  package func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Creates or replaces a file with this text, and returns its path.
  @discardableResult
  package func file(_ name: String, _ text: String = "") throws -> String {
    try write(name, text)
    return path(name)
  }

  package func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  package func write(_ name: String, _ bytes: [UInt8]) throws {
    try File.open(path(name), [.writeOnly, .create, .truncate]).writeAll(bytes)
  }

  package func bytes(_ name: String) throws -> [UInt8] { try File.readWhole(path(name)) }

  package func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  package func names() throws -> [String] { try File.names(inDirectory: path) }

  /// Removes the folder with its contents. Errors are ignored.
  package static func remove(_ folder: String) {
    for name in (try? File.names(inDirectory: folder)) ?? [] {
      let path = "\(folder)/\(name)"
      if (try? File.statusOfLink(path).isDirectory) == true { remove(path) } else { try? File.unlink(path) }
    }
    try? File.removeDirectory(folder)
  }
}
