/// A file of lines that a program remembers for the one who uses it: of mode 0600, bounded. Where it cannot be kept, nothing
/// is.
package struct LineFile {
  /// Nobody types as much: a file that is longer is something else and is left alone.
  private static let bytesMax: Int64 = 16 << 20

  private let path: String?
  private let lines_max: Int

  /// A path of nil is a file that cannot be kept.
  package init(path: String?, lines_max: Int = 1000) {
    self.path = path
    self.lines_max = lines_max
  }

  /// Where a program keeps such a file, as the XDG Base Directory Specification has it: `~/.local/state/chat/NAME`. Nil where
  /// there is no home.
  package static func statePath(_ name: String) -> String? {
    if let folder = Environment.path("XDG_STATE_HOME"), folder.hasPrefix("/") { return "\(folder)/chat/\(name)" }
    guard let home = Environment.path("HOME"), home.hasPrefix("/") else { return nil }
    return "\(home)/.local/state/chat/\(name)"
  }

  /// The last lines of before. A file that has grown to twice the bound is made anew of them.
  package func load() -> [String] {
    guard let path, let bytes = try? File.readWhole(path, bytes_max: Self.bytesMax) else { return [] }
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    if lines.count >= 2 * lines_max { try? rewrite(path, lines.suffix(lines_max)) }
    return lines.suffix(lines_max)
  }

  /// Adds a line behind those that others may have added meanwhile.
  package func append(_ line: String) {
    guard let path else { return }
    do throws(Errno) {
      try makeFolders(of: path)
      let file = try File.open(path, [.writeOnly, .create, .append], mode: 0o600)
      // One that somebody else made may be open to others.
      if try file.status().mode != 0o600 { try file.changeMode(0o600) }
      try file.writeAll(line + "\n")
    } catch {
      // It is a convenience: nothing is refused because of it.
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

  private func makeFolders(of path: String) throws(Errno) {
    var folder = ""
    for part in path.split(separator: "/").dropLast() {
      folder += "/\(part)"
      if try File.statusIfPresent(folder) == nil { try File.makeDirectory(folder, mode: 0o700) }
    }
  }
}
