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
