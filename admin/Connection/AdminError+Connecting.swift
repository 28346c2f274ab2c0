import POSIX

extension AdminError {
  /// Tells apart why nobody answers at a control socket, each with what to do.
  init(
    _ failure: SocketError, connectingTo path: String, of place: ServerPlace,
    as userID: UInt32 = CurrentProcess.userID
  ) {
    switch failure.errno {
    case .noSuchFileOrDirectory?: self = .nothing(at: path, of: place)
    case .connectionRefused?: self = .nobody(at: path, of: place)
    case .notDirectory?, .notSupported?: self = .noSocket(path, "\(path) is not a socket: a part of it is no folder")
    case .tooManyLinks?: self = .noSocket(path, "\(path) is not a socket: its links lead in a circle")
    case .permissionDenied?, .notPermitted?: self = .notPermitted(path, as: userID)
    case .timedOut?:
      self.init(
        .tryAgain,
        "the server at \(path) takes no more connections; it is stopped or very busy: look at its log, then try again")
    case nil: self.init(.usage, "\(failure)")
    default: self.init(.unavailable, "no server answers: \(failure)")
    }
  }

  /// There is no such file.
  private static func nothing(at path: String, of place: ServerPlace) -> AdminError {
    switch place {
    case .control:
      return AdminError(
        .unavailable, "no server is running at \(path): there is no such socket; start one with: \(place.startCommand)")
    case .data(let folder):
      if isMissing(folder) {
        return AdminError(
          .unavailable,
          "there is no data folder \(folder): name the server's with --data DIR, or start a new server with: "
            + place.startCommand)
      }
      return AdminError(
        .unavailable,
        "no server is running on the data folder \(folder); start one with: \(place.startCommand) "
          + "(or, if one runs with --control PATH, give the same here)")
    }
  }

  private static func isMissing(_ path: String) -> Bool {
    do throws(Errno) {
      _ = try File.status(path)
      return false
    } catch {
      return error == .noSuchFileOrDirectory
    }
  }

  /// There is a file, and nobody listens at it: a socket left behind, or something else.
  private static func nobody(at path: String, of place: ServerPlace) -> AdminError {
    guard let status = try? File.status(path), !status.isSocket else {
      let location = if case .data(let folder) = place { "on the data folder \(folder)" } else { "at \(path)" }
      return AdminError(
        .unavailable,
        "no server is running \(location) any more (its socket is left over, which does no harm); start one with: "
          + place.startCommand)
    }
    let kind =
      switch status.kind {
      case .regular: "a file"
      case .directory: "a folder"
      default: "something else"
      }
    return noSocket(path, "\(path) is not a socket but \(kind)")
  }

  private static func noSocket(_ path: String, _ problem: String) -> AdminError {
    AdminError(.unavailable, "\(problem); give --data the server's data folder, or --control its control socket")
  }

  private static func notPermitted(_ path: String, as userID: UInt32) -> AdminError {
    // The socket may lie in a folder that hides it: then the folder's owner is the one to be.
    var visible = path
    while true {
      if let status = try? File.statusOfLink(visible) {
        if status.owner == userID {
          return AdminError(
            .notPermitted, "you are not permitted: the mode of \(visible) keeps out even you, its owner")
        }
        let owner = UserDatabase.name(of: status.owner) ?? "user id \(status.owner)"
        let what = visible == path ? "the socket \(path)" : "the folder \(visible) of the socket \(path)"
        return AdminError(
          .notPermitted,
          "you are not permitted: \(what) belongs to \(owner); run this as \(owner), for example with sudo")
      }
      guard let slash = visible.lastIndex(of: "/"), slash != visible.startIndex else {
        return AdminError(
          .notPermitted, "you are not permitted to use the socket \(path); run this as the server's own user")
      }
      visible = String(visible[..<slash])
    }
  }
}
