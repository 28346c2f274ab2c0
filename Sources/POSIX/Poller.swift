import CLinux
import Glibc

/// Waits for many descriptors at once: epoll(7), level-triggered, so that unread bytes are reported again at the next wait.
///
/// The caller names each registration by a token that it never reuses. A descriptor's number would not do: one that
/// is closed and one that is opened within the same turn may share it, and a late event of the old one would be taken for
/// the new one's.
@safe package struct Poller: ~Copyable {
  private let descriptor: FileDescriptor
  /// As many events as one wait returns; the rest comes at the next. On the heap, so that a wait does not mutate the poller
  /// and its body may register and remove.
  private let events: UnsafeMutableBufferPointer<epoll_event>

  package init(eventsMax: Int = 1024) throws(Errno) {
    precondition(eventsMax > 0, "a wait that can return no event never ends")
    descriptor = FileDescriptor(owning: try checked { epoll_create1(CInt(EPOLL_CLOEXEC)) })
    unsafe events = .allocate(capacity: eventsMax)
    unsafe events.initialize(repeating: epoll_event())
  }

  deinit { unsafe events.deallocate() }

  /// Registers a descriptor. Throws `.notPermitted` for a regular file, which is always ready.
  package func add(_ descriptor: CInt, token: UInt64, interest: Interest) throws(Errno) {
    try control(EPOLL_CTL_ADD, descriptor, token, interest)
  }

  /// Changes the interest of a registration. Hangups and errors are reported in any case, see `Interest`.
  package func modify(_ descriptor: CInt, token: UInt64, interest: Interest) throws(Errno) {
    try control(EPOLL_CTL_MOD, descriptor, token, interest)
  }

  /// Ends a registration, before the descriptor is closed. Closing alone is enough only if no duplicate of the
  /// descriptor lives on. Events of this turn that were fetched already still come, with the old token.
  package func remove(_ descriptor: CInt) throws(Errno) { try control(EPOLL_CTL_DEL, descriptor, 0, []) }

  /// epoll_wait(2): waits for events or until the timeout (-1: for ever, 0: not at all), gives each event
  /// to `body` and returns how many there were. A signal that interrupts counts as no event. `body` may add, modify and
  /// remove, but not wait.
  @discardableResult
  package func wait(timeoutMilliseconds: Int32, _ body: (PollerEvent) -> Void) throws(Errno) -> Int {
    let count: Int
    do {
      count = Int(
        try checked(retryingInterrupts: false) {
          unsafe epoll_wait(descriptor.rawValue, events.baseAddress, CInt(events.count), timeoutMilliseconds)
        })
    } catch .interrupted {
      return 0
    }
    for index in 0..<count {
      // The kernel's struct is packed on this architecture; a copy is aligned.
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

/// The events that a registration at a `Poller` asks for. epoll(7) reports hangups and errors even without any interest:
/// remove the descriptor to stop that.
package struct Interest: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The same as a literal, without a call of generic code: the server makes one for every connection with input.
  package init(readable: Bool, writable: Bool) {
    rawValue = (readable ? EPOLLIN.rawValue : 0) | (writable ? EPOLLOUT.rawValue : 0)
  }

  package static let readable = Interest(rawValue: EPOLLIN.rawValue)
  package static let writable = Interest(rawValue: EPOLLOUT.rawValue)
}

/// An event of one registration.
package struct PollerEvent: Hashable, Sendable {
  /// The token of the registration.
  package let token: UInt64
  private let flags: UInt32

  init(token: UInt64, flags: UInt32) {
    self.token = token
    self.flags = flags
  }

  /// A read would not wait: there are bytes, a connection to accept, or the end.
  package var isReadable: Bool { flags & EPOLLIN.rawValue != 0 }
  /// A write would not wait.
  package var isWritable: Bool { flags & EPOLLOUT.rawValue != 0 }
  /// Both directions are closed (EPOLLHUP). Earlier bytes may still be read.
  package var isHangup: Bool { flags & EPOLLHUP.rawValue != 0 }
  /// An error is pending (EPOLLERR); the next read or write throws it.
  package var isError: Bool { flags & EPOLLERR.rawValue != 0 }
}
