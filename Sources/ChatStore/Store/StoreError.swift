package import POSIX

/// Why a data folder cannot be used, in words that say what to do.
package enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Files hold what cannot be understood; nothing was changed.
  case malformed([Fault])
  /// Another server has the folder. Its process id and name as far as they can be told.
  case held(folder: String, pid: Int32?, process: String?)
  /// A file or folder that is needed cannot be made.
  case cannotCreate(path: String, Errno)
  /// The rights of a file or folder forbid what is needed.
  case notPermitted(path: String, Errno)
  /// Any other failure, while doing something to a file.
  case failed(path: String, doing: String, Errno)

  /// A failure of the system sorted by what a person can do about it.
  init(path: String, doing: String, creates: Bool = false, _ errno: Errno) {
    switch errno {
    case .permissionDenied, .notPermitted: self = .notPermitted(path: path, errno)
    default: self = creates ? .cannotCreate(path: path, errno) : .failed(path: path, doing: doing, errno)
    }
  }

  package var description: String {
    switch self {
    case .malformed(let faults): faults.map(\.description).joined(separator: "\n")
    case .held(let folder, let pid, let process):
      "\(folder) is in use by \(Self.words(pid: pid, process: process)); "
        + "stop that server first (chat-admin stop), or name another folder with --data"
    case .cannotCreate(let path, let errno): "\(path) cannot be created: \(errno)"
    case .notPermitted(let path, let errno): "\(path): \(errno); see who owns it and who may write it (ls -ld)"
    case .failed(let path, let doing, let errno): "\(path) cannot be \(doing): \(errno)"
    }
  }

  private static func words(pid: Int32?, process: String?) -> String {
    guard let pid else { return "another process" }
    return "process \(pid)" + (process.map { " (\($0))" } ?? "")
  }
}
