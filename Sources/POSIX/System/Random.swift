import CLinux

/// The kernel's random numbers, fit for secrets: getrandom(2).
package enum Random {
  package static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      // Up to 256 bytes come whole; more may come in parts when a signal interrupts.
      let got = try? checked {
        unsafe bytes.withUnsafeMutableBytes { buffer in
          unsafe getrandom(buffer.baseAddress! + filled, count - filled, 0)
        }
      }
      guard let got else { preconditionFailure("the kernel has no random numbers") }
      filled += got
    }
    return bytes
  }
}
