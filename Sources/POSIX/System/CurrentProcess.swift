import CLinux
import Glibc

/// Facts about the process that runs this.
package enum CurrentProcess {
  package static var id: Int32 { getpid() }

  /// Who started it; another one, where that one has ended.
  package static var parentID: Int32 { getppid() }

  /// The effective user id, the one that files and peers see.
  package static var userID: UInt32 { geteuid() }

  /// The effective group id, that of files it makes.
  package static var groupID: UInt32 { getegid() }

  /// Bytes of memory that are in RAM now, from /proc/self/statm, proc(5).
  package static func residentBytes() throws(Errno) -> Int64 {
    let fields = String(decoding: try File.readWhole("/proc/self/statm"), as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int64(fields[1]) else { throw .inputOutput }
    return pages * Int64(sysconf(CInt(_SC_PAGESIZE)))
  }

  /// From now on it is killed when the thread that started it ends, at the latest with that thread's process: prctl(2),
  /// PR_SET_PDEATHSIG. A program that takes its place keeps that.
  package static func endWithParent() throws(Errno) {
    _ = try checked { end_with_parent() }
  }

  /// Gives its place to a program, with the same id and descriptors: execv(3). Returns only by throwing.
  package static func become(_ path: String, _ arguments: [String]) throws(Errno) -> Never {
    // Unsafe, because the call takes C strings; they live until it returns, which it does only when it fails.
    let words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    _ = unsafe execv(path, words)
    throw .current
  }

  /// Raises how many descriptors may be open (RLIMIT_NOFILE, getrlimit(2)) to what the system allows without
  /// privileges, and returns that.
  @discardableResult
  package static func raiseDescriptorLimit() throws(Errno) -> Int {
    let resource = CInt(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    _ = try checked { unsafe getrlimit(resource, &limit) }
    if limit.rlim_cur < limit.rlim_max {
      limit.rlim_cur = limit.rlim_max
      _ = try checked { unsafe setrlimit(resource, &limit) }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
