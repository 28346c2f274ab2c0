import Glibc

/// What this runs on.
package enum Machine {
  /// Processors in use, sysconf(3).
  package static var coreCount: Int { sysconf(CInt(_SC_NPROCESSORS_ONLN)) }

  /// The kernel's release, such as `6.8.0`, from /proc/sys/kernel/osrelease, proc(5).
  package static func kernelRelease() throws(Errno) -> String {
    let bytes = try File.readWhole("/proc/sys/kernel/osrelease")
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
