import POSIX
import Terminal

/// The file with the lines of earlier consoles: of mode 0600, bounded, a line each. Where it cannot be kept the console works
/// all the same.
struct ConsoleHistory {
  private static let linesMax = 1000
  /// Nobody types as much: a file that is longer is something else and is left alone.
  private static let bytesMax: Int64 = 16 << 20

  private let path: String?

  init(path: String? = ConsoleHistory.standardPath) { self.path = path }

  /// As the XDG Base Directory Specification has it; nil where there is no home.
  static var standardPath: String? {
    if let folder = Environment.value("XDG_STATE_HOME"), folder.hasPrefix("/") { return "\(folder)/chat/admin_history" }
    guard let home = Environment.value("HOME"), home.hasPrefix("/") else { return nil }
    return "\(home)/.local/state/chat/admin_history"
  }

  /// Lines of before. A file that has grown to twice the bound is made anew of the last of them.
  func load() -> LineHistory {
    guard let path, let bytes = try? File.readWhole(path, bytes_max: Self.bytesMax) else {
      return LineHistory(linesMax: Self.linesMax)
    }
    let history = LineHistory(text: String(decoding: bytes, as: UTF8.self), linesMax: Self.linesMax)
    if bytes.count(where: { $0 == UInt8(ascii: "\n") }) >= 2 * Self.linesMax { try? rewrite(path, history) }
    return history
  }

  /// Adds a line behind those that other consoles may have added meanwhile.
  func append(_ line: String) {
    guard let path else { return }
    do throws(Errno) {
      try makeFolders(of: path)
      let file = try File.open(path, [.writeOnly, .create, .append], mode: 0o600)
      // One that somebody else made may be open to others.
      if try file.status().mode != 0o600 { try file.changeMode(0o600) }
      try file.writeAll(line + "\n")
    } catch {
      // A history is a convenience: nothing is refused because of it.
    }
  }

  private func rewrite(_ path: String, _ history: LineHistory) throws(Errno) {
    let beside = "\(path).\(CurrentProcess.id)"
    do throws(Errno) {
      try File.open(beside, [.writeOnly, .create, .exclusive], mode: 0o600).writeAll(history.text)
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
