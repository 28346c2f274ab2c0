import CLinux
import Glibc

/// Facts about this machine.
package enum Machine {
  /// Processors in use, sysconf(3).
  package static var coreCount: Int { sysconf(CInt(_SC_NPROCESSORS_ONLN)) }

  /// The kernel's release, such as `6.8.0`, from /proc/sys/kernel/osrelease, proc(5).
  package static func kernelRelease() throws(Errno) -> String {
    let bytes = try File.readWhole("/proc/sys/kernel/osrelease")
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}

// How other machines may know this one.
extension Machine {
  /// gethostname(2); `localhost` where it has none.
  package static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0, name[0] != 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The IP addresses of its interfaces, getifaddrs(3), without those that mean something on one link only.
  package static var addresses: [String] {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard unsafe getifaddrs(&first) == 0 else { return [] }
    defer { unsafe freeifaddrs(first) }
    var addresses: [String] = []
    var next = unsafe first
    while let entry = unsafe next {
      unsafe next = entry.pointee.ifa_next
      guard let address = unsafe entry.pointee.ifa_addr else { continue }
      let family = CInt(unsafe address.pointee.sa_family)
      guard family == AF_INET || family == AF_INET6 else { continue }
      var storage = sockaddr_storage()
      let size = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
      unsafe withUnsafeMutableBytes(of: &storage) {
        unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
      }
      let ip = PeerAddress(storage).ip
      if !ip.hasPrefix("fe80:") { addresses.append(ip) }
    }
    return addresses
  }
}

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

/// The system's accounts, passwd(5).
package enum UserDatabase {
  /// The login name of a user id, getpwuid_r(3). Nil if no account has it or the database fails.
  package static func name(of userID: UInt32) -> String? {
    // An entry may be of any length; ERANGE says that the buffer is too small.
    var room = 1024
    while room <= 1 << 20 {
      var entry = unsafe passwd()
      var found: UnsafeMutablePointer<passwd>?
      var strings = [CChar](repeating: 0, count: room)
      let (code, name): (CInt, String?) = unsafe strings.withUnsafeMutableBufferPointer { buffer in
        let code = unsafe getpwuid_r(userID, &entry, buffer.baseAddress!, buffer.count, &found)
        // The entry points into `buffer`, so the name is copied while that lives.
        return unsafe (code, found.map { unsafe String(cString: $0.pointee.pw_name) })
      }
      if code != ERANGE { return code == 0 ? name : nil }
      room *= 4
    }
    return nil
  }
}
