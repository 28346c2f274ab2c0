import CLinux
import Glibc

/// A connection that a listening socket gave: non-blocking, closed on exec. Frozen, so that other modules may take it
/// apart.
@frozen package struct AcceptedConnection: ~Copyable {
  package let descriptor: FileDescriptor
  /// Of a unix(7) connection: an empty ip and port 0.
  package let peer: PeerAddress
}

extension FileDescriptor {
  /// accept4(2) on a listening socket; nil when nobody waits. A peer that went away while it waited is passed over.
  /// `.tooManyOpenFiles` and `.tooManyOpenFilesInSystem` leave it waiting, so the socket stays readable: the caller
  /// stops asking for a moment.
  package func accept() throws(Errno) -> AcceptedConnection? {
    while true {
      do {
        var storage = sockaddr_storage()
        let number = try unsafe withSocketAddress(of: &storage) { (address, length) throws(Errno) in
          try checkedUnlessBlocking {
            unsafe accept4(rawValue, address, length, CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
          }
        }
        guard let number else { return nil }
        return AcceptedConnection(descriptor: FileDescriptor(owning: number), peer: PeerAddress(storage))
      } catch .connectionAborted {
        continue
      }
    }
  }
}
