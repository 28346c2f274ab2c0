import CLinux
import Glibc

/// Waits for many descriptors at once: epoll(7), level-triggered, so that what was not read to the end is told again at
/// the next wait.
///
/// The caller names each registration by a token that it never uses twice. A descriptor's number would not do: one that
/// is closed and one that is opened within the same turn may share it, and an event of the old one, fetched before,
/// would be taken for the new one's. With a token of its own such an event finds nobody.
@safe package struct Poller: ~Copyable {
  private let descriptor: FileDescriptor
  /// What one wait can bring at most; the rest comes at the next. It is kept on the heap so that a wait changes
  /// nothing of the poller itself, and its body may register and remove.
  private let events: UnsafeMutableBufferPointer<epoll_event>

  package init(events_max: Int = 1024) throws(Errno) {
    precondition(events_max > 0, "a wait that can bring no event never ends")
    descriptor = FileDescriptor(owning: try checked { epoll_create1(CInt(EPOLL_CLOEXEC)) })
    unsafe events = .allocate(capacity: events_max)
    unsafe events.initialize(repeating: epoll_event())
  }

  deinit {
    unsafe events.deallocate()
  }

  /// Registers a descriptor that is not registered yet. A regular file throws `.notPermitted`: it is always ready.
  package func add(_ descriptor: CInt, token: UInt64, interest: Interest) throws(Errno) {
    try control(EPOLL_CTL_ADD, descriptor, token, interest)
  }

  /// Changes what a registration wants; hangups and errors come all the same, see `Interest`.
  package func modify(_ descriptor: CInt, token: UInt64, interest: Interest) throws(Errno) {
    try control(EPOLL_CTL_MOD, descriptor, token, interest)
  }

  /// Ends a registration, before the descriptor is closed. Closing alone is enough only where no duplicate of the
  /// descriptor lives on. Events of this turn that are fetched already still come, with the old token.
  package func remove(_ descriptor: CInt) throws(Errno) {
    try control(EPOLL_CTL_DEL, descriptor, 0, [])
  }

  /// epoll_wait(2): waits until there are events, or `timeout_ms` have passed (-1: for ever, 0: not at all), gives each
  /// to `body` and returns how many there were. A signal that interrupts counts as no event. `body` may add, modify and
  /// remove, but not wait.
  @discardableResult
  package func wait(timeout_ms: Int32, _ body: (PollerEvent) -> Void) throws(Errno) -> Int {
    let count: Int
    do {
      count = Int(
        try checked(retryingInterrupts: false) {
          unsafe epoll_wait(descriptor.rawValue, events.baseAddress, CInt(events.count), timeout_ms)
        })
    } catch .interrupted {
      return 0
    }
    for index in 0..<count {
      // The kernel's struct is packed on this architecture; copying it out gives each part its place.
      let event = unsafe events[index]
      unsafe body(PollerEvent(token: event.data.u64, flags: event.events))
    }
    return count
  }

  private func control(
    _ operation: CInt, _ target: CInt, _ token: UInt64, _ interest: Interest
  ) throws(Errno) {
    var event = unsafe epoll_event(events: interest.rawValue, data: epoll_data_t(u64: token))
    _ = try checked { unsafe epoll_ctl(descriptor.rawValue, operation, target, &event) }
  }
}

/// What a registration at a `Poller` wants to hear of. Hangups and errors are told always, even with no interest at
/// all: epoll(7) has no way to mask EPOLLHUP and EPOLLERR. Who wants peace from a descriptor removes it.
package struct Interest: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The same as a literal makes, without a call of generic code: this is made for every connection that said something.
  package init(readable: Bool, writable: Bool) {
    rawValue = (readable ? EPOLLIN.rawValue : 0) | (writable ? EPOLLOUT.rawValue : 0)
  }

  package static let readable = Interest(rawValue: EPOLLIN.rawValue)
  package static let writable = Interest(rawValue: EPOLLOUT.rawValue)
  /// The peer sends nothing more (EPOLLRDHUP): it closed, or shut its writing side and still reads.
  package static let peerClosed = Interest(rawValue: EPOLLRDHUP.rawValue)
}

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
