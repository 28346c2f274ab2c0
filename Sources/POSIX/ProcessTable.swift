import Glibc

/// Other processes, as /proc shows them.
package enum ProcessTable {
  /// The name from /proc/PID/comm, proc(5), or nil if there is no such process: at most 15 bytes. A process may call itself
  /// anything, so the name is for display only.
  package static func name(of processID: Int32) -> String? {
    guard var bytes = try? File.readWhole("/proc/\(processID)/comm") else { return nil }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// From /proc/PID/stat, proc(5). Nil if there is no such process.
  package static func usage(of processID: Int32) -> ProcessUsage? {
    guard let bytes = try? File.readWhole("/proc/\(processID)/stat"),
      // The second field, the name, is in parentheses and may contain spaces and parentheses.
      let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = String(decoding: bytes[(nameEnd + 1)...], as: UTF8.self).split(separator: " ")
    // The first of these is the page's field 3, the state; utime is 14, stime 15, rss 24.
    guard fields.count > 21, let user = Int64(fields[11]), let system = Int64(fields[12]), let pages = Int64(fields[21])
    else { return nil }
    return ProcessUsage(
      cpuNanoseconds: (user + system) * (1_000_000_000 / Int64(sysconf(CInt(_SC_CLK_TCK)))),
      residentBytes: pages * Int64(sysconf(CInt(_SC_PAGESIZE))))
  }
}

/// The processor time and memory of a process.
package struct ProcessUsage: Hashable, Sendable {
  /// Processor time of all threads, user and system, in nanoseconds; the kernel counts in hundredths of a second.
  package let cpuNanoseconds: Int64
  /// Bytes of memory in RAM now.
  package let residentBytes: Int64
}
