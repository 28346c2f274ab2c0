import Glibc
package import POSIX

/// A receiving datagram socket of the unix(7) family, as systemd has.
package final class DatagramReceiver {
  private let descriptor: FileDescriptor

  /// `name` as in NOTIFY_SOCKET: a path, or `@` and an abstract name.
  package init(_ name: String) throws(Errno) {
    let number = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw Errno(rawValue: errno) }
    descriptor = FileDescriptor(owning: number)
    var bytes = Array(name.utf8)
    if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let length = socklen_t(2 + bytes.count)
    // A test that receives nothing fails instead of waiting for ever.
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    // sun_path is an array of fixed size, which Swift sees as a tuple; every name that the tests use fits.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    // bind(2) takes the address of every family as a pointer to the general type.
    let bound = unsafe withUnsafeBytes(of: &address) {
      unsafe bind(number, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, length)
    }
    let isPatient = unsafe setsockopt(
      number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    guard bound == 0, isPatient == 0 else { throw Errno(rawValue: errno) }
  }

  /// The next datagram; nil if none arrives within a minute.
  package func next() throws(Errno) -> String? {
    try descriptor.receive(upTo: 4096).map { String(decoding: $0, as: UTF8.self) }
  }
}
