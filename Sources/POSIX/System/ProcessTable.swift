/// Other processes, as /proc shows them.
package enum ProcessTable {
  /// The name of a process from /proc/PID/comm, proc(5): at most 15 bytes, and any process may call itself anything,
  /// so it is fit to be shown and for nothing else. Nil when there is no such process any more.
  package static func name(of processID: Int32) -> String? {
    guard var bytes = try? File.readWhole("/proc/\(processID)/comm") else { return nil }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
