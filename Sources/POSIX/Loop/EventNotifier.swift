import CLinux
import Glibc

/// Wakes a loop from any thread: eventfd(2). The loop registers `rawValue` as readable.
package struct EventNotifier: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  package init() throws(Errno) {
    descriptor = FileDescriptor(owning: try checked { eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)) })
  }

  /// The descriptor to register; it stays this value's own.
  package var rawValue: CInt { descriptor.rawValue }

  /// Makes the descriptor readable until it is drained. From any thread.
  package func signal() {
    // The call fails only when 2^64 - 2 signals wait undrained, and then the descriptor is readable already.
    _ = eventfd_write(descriptor.rawValue, 1)
  }

  /// Makes the descriptor unreadable again; whether there had been a signal.
  @discardableResult
  package func drain() -> Bool {
    var count: eventfd_t = 0
    return unsafe eventfd_read(descriptor.rawValue, &count) == 0
  }
}
