/// How people are told how much something is.
package enum ByteCount {
  /// In the largest unit that leaves a whole number before the point: `23.4 MiB`.
  package static func words(_ count: UInt64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    guard count >= 1024 else { return "\(count) B" }
    let power = (63 - count.leadingZeroBitCount) / 10
    let tenths = ((count >> (10 * (power - 1))) * 10) >> 10
    return "\(tenths / 10).\(tenths % 10) \(units[power - 1])"
  }
}
