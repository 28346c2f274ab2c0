import POSIX

@testable import ChatStore

/// A folder of its own for one test, gone when the test is over.
final class TemporaryFolder {
  let path: String

  init() throws {
    let number = Random.bytes(8).map { String($0, radix: 16) }.joined()
    path = "/tmp/chat-store-test-\(CurrentProcess.id)-\(number)"
    try File.makeDirectory(path)
  }

  deinit {
    // Whatever a test left; a folder that cannot be removed harms nobody.
    for name in (try? File.names(inDirectory: path)) ?? [] { try? File.unlink("\(path)/\(name)") }
    try? File.removeDirectory(path)
  }

  var folder: DataFolder { DataFolder(path) }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let descriptor = try File.open("\(path)/\(name)", [.writeOnly, .create, .truncate])
    try descriptor.writeAll(bytes)
  }

  func bytes(_ name: String) throws -> [UInt8] { try File.readWhole("\(path)/\(name)") }

  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  func names() throws -> [String] { try File.names(inDirectory: path) }
}
