import CLinux

/// What a `Poller` saw of one registration.
package struct PollerEvent: Hashable, Sendable {
  /// The number given at the registration.
  package let token: UInt64
  private let flags: UInt32

  init(token: UInt64, flags: UInt32) {
    self.token = token
    self.flags = flags
  }

  /// A read would not wait: bytes, a connection to accept, or the end.
  package var isReadable: Bool { flags & EPOLLIN.rawValue != 0 }
  /// A write would not wait.
  package var isWritable: Bool { flags & EPOLLOUT.rawValue != 0 }
  /// Both directions are over (EPOLLHUP). Bytes that came before may still be read.
  package var isHangup: Bool { flags & EPOLLHUP.rawValue != 0 }
  /// An error is pending (EPOLLERR); the next read or write throws it.
  package var isError: Bool { flags & EPOLLERR.rawValue != 0 }
  /// The peer sends nothing more; told only to those who asked.
  package var isPeerClosed: Bool { flags & EPOLLRDHUP.rawValue != 0 }
}
