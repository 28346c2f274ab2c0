import CLinux
import Glibc

/// Which process is at the other end of a unix(7) socket, as the kernel noted when it connected.
package struct PeerCredentials: Hashable, Sendable {
  package let processID: Int32
  package let userID: UInt32
  package let groupID: UInt32
}

extension FileDescriptor {
  /// SO_PEERCRED, unix(7).
  package func peerCredentials() throws(Errno) -> PeerCredentials {
    var credentials = ucred()
    var length = socklen_t(MemoryLayout<ucred>.size)
    _ = try checked { unsafe getsockopt(rawValue, SOL_SOCKET, SO_PEERCRED, &credentials, &length) }
    return PeerCredentials(processID: credentials.pid, userID: credentials.uid, groupID: credentials.gid)
  }
}
