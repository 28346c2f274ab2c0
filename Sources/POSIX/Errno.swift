import Glibc

/// The error of a system call: errno(3). The one error type of this module's calls.
package struct Errno: Error, Hashable, Sendable, RawRepresentable {
  package let rawValue: CInt

  package init(rawValue: CInt) { self.rawValue = rawValue }

  /// The calling thread's errno, valid only straight after a call that failed.
  static var current: Errno { Errno(rawValue: errno) }

  package static let notPermitted = Errno(rawValue: EPERM)
  package static let noSuchFileOrDirectory = Errno(rawValue: ENOENT)
  package static let noSuchProcess = Errno(rawValue: ESRCH)
  package static let interrupted = Errno(rawValue: EINTR)
  package static let inputOutput = Errno(rawValue: EIO)
  package static let noSuchDevice = Errno(rawValue: ENXIO)
  package static let badFileDescriptor = Errno(rawValue: EBADF)
  package static let wouldBlock = Errno(rawValue: EAGAIN)
  package static let permissionDenied = Errno(rawValue: EACCES)
  package static let fileExists = Errno(rawValue: EEXIST)
  package static let notDirectory = Errno(rawValue: ENOTDIR)
  package static let isDirectory = Errno(rawValue: EISDIR)
  package static let invalidArgument = Errno(rawValue: EINVAL)
  package static let tooManyOpenFilesInSystem = Errno(rawValue: ENFILE)
  package static let tooManyLinks = Errno(rawValue: ELOOP)
  package static let tooManyOpenFiles = Errno(rawValue: EMFILE)
  package static let notTerminal = Errno(rawValue: ENOTTY)
  package static let fileTooLarge = Errno(rawValue: EFBIG)
  package static let noSpace = Errno(rawValue: ENOSPC)
  package static let quotaExceeded = Errno(rawValue: EDQUOT)
  package static let readOnlyFileSystem = Errno(rawValue: EROFS)
  package static let brokenPipe = Errno(rawValue: EPIPE)
  package static let outOfRange = Errno(rawValue: ERANGE)
  package static let notSupported = Errno(rawValue: EOPNOTSUPP)
  package static let notImplemented = Errno(rawValue: ENOSYS)
  package static let addressInUse = Errno(rawValue: EADDRINUSE)
  package static let addressNotAvailable = Errno(rawValue: EADDRNOTAVAIL)
  package static let connectionAborted = Errno(rawValue: ECONNABORTED)
  package static let connectionReset = Errno(rawValue: ECONNRESET)
  package static let connectionRefused = Errno(rawValue: ECONNREFUSED)
  package static let notConnected = Errno(rawValue: ENOTCONN)
  package static let timedOut = Errno(rawValue: ETIMEDOUT)
  package static let noMemory = Errno(rawValue: ENOMEM)
  package static let inProgress = Errno(rawValue: EINPROGRESS)
  /// The operation was cancelled.
  package static let canceled = Errno(rawValue: ECANCELED)
  /// The file changed since it was opened.
  package static let stale = Errno(rawValue: ESTALE)
  /// The name belongs to a link, folder, pipe, socket or device. No system call reports this or the next two: `File.openRegular`
  /// and the readers of its files do.
  package static let notRegularFile = Errno(rawValue: -1)
  /// The file belongs to another user.
  package static let notOwned = Errno(rawValue: -2)
  /// The file is far longer than the data it holds.
  package static let mostlyHoles = Errno(rawValue: -3)
}

extension Errno: CustomStringConvertible {
  /// The C library's message, strerror_r(3), such as `No such file or directory`.
  package var description: String {
    switch self {
    case .notRegularFile:
      return
        "it is not a regular file but a link, folder, pipe, socket or device; put the file itself here, or remove it"
    case .notOwned: return "it belongs to another user; move it away, or give it to the user who runs the server"
    case .mostlyHoles: return "it is far longer than the data it holds; move it away and put a good copy here"
    default: break
    }
    // POSIX's strerror_r, not GNU's: it fills the buffer, which holds every message of glibc in any language.
    var text = [CChar](repeating: 0, count: 256)
    guard unsafe strerror_r(rawValue, &text, text.count) == 0 else { return "error \(rawValue)" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// Makes a system call that returns -1 and sets errno when it fails, and throws that errno. By default it repeats the call when a
/// signal interrupts it.
func checked<Value: FixedWidthInteger & SignedInteger>(
  retryingInterrupts: Bool = true, _ call: () -> Value
) throws(Errno) -> Value {
  while true {
    let value = call()
    if value != -1 { return value }
    let failure = Errno.current
    if failure != .interrupted || !retryingInterrupts { throw failure }
  }
}

/// `checked` for calls on non-blocking descriptors: nil if the call would have to wait.
func checkedUnlessBlocking<Value: FixedWidthInteger & SignedInteger>(_ call: () -> Value) throws(Errno) -> Value? {
  do {
    return try checked(call)
  } catch .wouldBlock {
    return nil
  }
}

/// For the pthread calls, which return their error instead of setting errno.
func checkedReturn(_ call: () -> CInt) throws(Errno) {
  let code = call()
  if code != 0 { throw Errno(rawValue: code) }
}
