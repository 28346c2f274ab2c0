import POSIX
import TestSupport

/// A test's own data folder, which the server creates; removed with its contents at the end.
final class TestFolder {
  private let parent: TemporaryFolder
  let path: String

  init() throws {
    parent = try TemporaryFolder()
    path = parent.path("data")
  }

  /// The folder's contents at one moment: every file's bytes, inode and modification time.
  struct Picture: Equatable {
    var files: [String: [UInt8]] = [:]
    var statuses: [String: FileStatus] = [:]
  }

  func picture() throws -> Picture {
    var picture = Picture()
    for name in try names() {
      let status = try File.status("\(path)/\(name)")
      picture.statuses[name] = status
      if status.isRegular { picture.files[name] = try bytes(name) }
    }
    return picture
  }

  func names() throws -> [String] { try File.names(inDirectory: path) }
  func bytes(_ name: String) throws -> [UInt8] { try File.readWhole("\(path)/\(name)") }
  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  /// Replaces the file, as an editor does.
  func write(_ name: String, _ text: String) throws {
    if try File.statusIfPresent(path) == nil { try File.makeDirectory(path) }
    try File.open("\(path)/\(name)", [.writeOnly, .create, .truncate]).writeAll(text)
  }
}

/// The text with every hash and every time replaced by a word, so that the rest can be compared byte by byte.
func masked(_ text: String) -> String {
  text.replacing(/\$y\$[.\/A-Za-z0-9$]+/, with: "HASH")
    .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, with: "TIME")
    .replacing(/"clock": \{.*\}/, with: "\"clock\": CLOCK")
}
