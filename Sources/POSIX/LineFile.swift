/// A program's file of remembered lines, such as its input history: mode 0600, bounded. If the file cannot be written, nothing is
/// saved and no error is reported.
package struct LineFile {
  /// No history is as long: a longer file is something else and stays untouched.
  private static let bytesMax: Int64 = 16 << 20

  private let path: String?
  private let linesMax: Int

  /// A nil path saves nothing.
  package init(path: String?, linesMax: Int = 1000) {
    self.path = path
    self.linesMax = linesMax
  }

  /// The path of such a file by the XDG Base Directory Specification: `~/.local/state/chat/NAME`. Nil without a home.
  package static func statePath(_ name: String) -> String? {
    if let folder = Environment.path("XDG_STATE_HOME"), folder.hasPrefix("/") { return "\(folder)/chat/\(name)" }
    guard let home = Environment.path("HOME"), home.hasPrefix("/") else { return nil }
    return "\(home)/.local/state/chat/\(name)"
  }

  /// The last lines. A file of twice the bound is rewritten with them.
  package func load() -> [String] {
    guard let path, let bytes = try? File.readWhole(path, bytesMax: Self.bytesMax) else { return [] }
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    if lines.count >= 2 * linesMax { try? rewrite(path, lines.suffix(linesMax)) }
    return lines.suffix(linesMax)
  }

  /// Appends a line. Other processes may append to the same file.
  package func append(_ line: String) {
    guard let path else { return }
    do throws(Errno) {
      try LineFile.makeFolders(of: path)
      let file = try File.open(path, [.writeOnly, .create, .append], mode: 0o600)
      // Another program may have made the file with an open mode.
      if try file.status().mode != 0o600 { try file.changeMode(0o600) }
      try file.writeAll(line + "\n")
    } catch {
      // The history is a convenience: no command fails because of it.
    }
  }

  private func rewrite(_ path: String, _ lines: ArraySlice<String>) throws(Errno) {
    let beside = "\(path).\(CurrentProcess.id)"
    do throws(Errno) {
      try File.open(beside, [.writeOnly, .create, .exclusive], mode: 0o600).writeAll(lines.map { $0 + "\n" }.joined())
      try File.rename(beside, to: path)
    } catch {
      try? File.unlink(beside)
      throw error
    }
  }

  /// Makes the missing folders above an absolute path, mode 0700.
  package static func makeFolders(of path: String) throws(Errno) {
    var folder = ""
    for part in path.split(separator: "/").dropLast() {
      folder += "/\(part)"
      if try File.statusIfPresent(folder) == nil { try File.makeDirectory(folder, mode: 0o700) }
    }
  }
}
