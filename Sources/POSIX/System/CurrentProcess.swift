import Glibc

/// Facts about the process that runs this.
package enum CurrentProcess {
  package static var id: Int32 { getpid() }

  /// The effective user id, the one that files and peers see.
  package static var userID: UInt32 { geteuid() }

  /// Bytes of memory that are in RAM now, from /proc/self/statm, proc(5).
  package static func residentBytes() throws(Errno) -> Int64 {
    let fields = String(decoding: try File.readWhole("/proc/self/statm"), as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int64(fields[1]) else { throw .inputOutput }
    return pages * Int64(sysconf(CInt(_SC_PAGESIZE)))
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
