import JSON
import POSIX

/// How the operator names the server: by its data folder or by its control socket.
enum ServerLocation: Equatable {
  case data(folder: String)
  case control(path: String)

  static let standard = ServerLocation.data(folder: "data")

  /// The control socket of a data folder is `control.sock` in it, unless its settings.json names another.
  var socketPath: String {
    switch self {
    case .control(let path): path
    case .data(let folder): ServerLocation.controlSetting(of: folder) ?? "\(folder)/control.sock"
    }
  }

  /// The command that starts a server here.
  var startCommand: String {
    switch self {
    case .data(let folder): "chat-server --data \(shellQuoted(folder))"
    case .control(let path): "chat-server --control \(shellQuoted(path))"
    }
  }

  /// nil also for settings that cannot be read: a running server may have read them before an edit broke them, and a server
  /// that starts reports what is wrong.
  private static func controlSetting(of folder: String) -> String? {
    guard let bytes = try? File.readWhole("\(folder)/settings.json", bytesMax: 1 << 20),
      let settings = try? JSONValue(parsing: bytes), let path = settings["control"]?.string, !path.isEmpty
    else { return nil }
    return path
  }

  // MARK: - Connecting

  func connect() throws(AdminError) -> FileDescriptor {
    do throws(SocketError) { return try Socket.connectUnix(path: socketPath) } catch { throw connectError(error) }
  }

  /// Why no server answers, and what to do. `userID` is this process's user.
  func connectError(_ error: SocketError, as userID: UInt32 = CurrentProcess.userID) -> AdminError {
    let path = socketPath
    switch error.errno {
    case .noSuchFileOrDirectory?: return AdminError(.unavailable, missingSocket(path))
    case .connectionRefused?: return refusedError(path)
    case .notDirectory?, .notSupported?: return notSocket(path, ": \(fileInPath(path)) is not a directory")
    case .tooManyLinks?: return notSocket(path, ": too many symbolic links")
    case .permissionDenied?, .notPermitted?:
      return AdminError(.notPermitted, "permission denied: \(denial(path, userID))")
    case .timedOut?:
      return AdminError(
        .tryAgain,
        "the server at \(path) accepts no connections; it is suspended or very busy. Check its log, then try again")
    case nil: return AdminError(.usage, "\(error)")
    default: return AdminError(.unavailable, "cannot reach a server: \(error)")
    }
  }

  private func missingSocket(_ path: String) -> String {
    switch self {
    case .control: return "no server is running at \(path): no such socket; to start one: \(startCommand)"
    case .data(let folder):
      do throws(Errno) { _ = try File.status(folder) } catch .noSuchFileOrDirectory {
        return
          "no such data folder: \(folder); name the server's with --data DIR, or start a new server: \(startCommand)"
      } catch {}
      return "no server is running on the data folder \(folder); to start one: \(startCommand) "
        + "(if it runs with --control PATH, pass the same option here)"
    }
  }

  /// Something exists there, but no server listens: a socket left behind, or another kind of file.
  private func refusedError(_ path: String) -> AdminError {
    guard let status = try? File.status(path), !status.isSocket else {
      let place = if case .data(let folder) = self { "on the data folder \(folder)" } else { "at \(path)" }
      return AdminError(
        .unavailable,
        "no server is running \(place) (a stale socket is left, which is harmless); to start one: \(startCommand)")
    }
    return notSocket(path, status.isRegular ? " but a file" : status.isDirectory ? " but a directory" : "")
  }

  private func notSocket(_ path: String, _ reason: String) -> AdminError {
    AdminError(
      .unavailable,
      "\(path) is not a socket\(reason); give --data the server's data folder, or --control its control socket")
  }

  /// The first part of a path that is not a directory.
  private func fileInPath(_ path: String) -> String {
    var part = File.folder(of: path)
    while (try? File.status(part)) == nil, part.contains("/") { part = File.folder(of: part) }
    return part
  }

  private func denial(_ path: String, _ userID: UInt32) -> String {
    // The socket may be in a directory that hides it: then the directory's owner may use it.
    var visible = path
    while true {
      if let status = try? File.statusOfLink(visible) {
        if status.owner == userID { return "the mode of \(visible) denies access even to you, its owner" }
        let owner = UserDatabase.name(of: status.owner) ?? "user id \(status.owner)"
        let what = visible == path ? "the socket \(path)" : "the directory \(visible) of the socket \(path)"
        return "\(what) belongs to \(owner); run chat-admin as \(owner), for example with sudo -u \(owner)"
      }
      guard let slash = visible.lastIndex(of: "/"), slash != visible.startIndex else {
        return "the socket \(path); run chat-admin as the server's user"
      }
      visible = String(visible[..<slash])
    }
  }
}

/// A word as a shell takes it back: quoted unless all its characters are harmless.
func shellQuoted(_ word: String) -> String {
  let isHarmless = word.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "/._-+:@,".utf8.contains(byte)
    }
  }
  if !word.isEmpty, isHarmless { return word }
  return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
}
