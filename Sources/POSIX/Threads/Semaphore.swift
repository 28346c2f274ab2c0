import CLinux
import Glibc

/// A count that threads wait for, sem_overview(7), where a thread must sleep; who only guards a value uses a `Mutex`.
@safe package final class Semaphore: Sendable {
  /// The kernel knows a semaphore by its address, so it lives on the heap and never moves. Every call on it is atomic,
  /// which is why threads may share the pointer.
  private nonisolated(unsafe) let semaphore: UnsafeMutablePointer<sem_t>

  package init(count: UInt32 = 0) {
    unsafe semaphore = .allocate(capacity: 1)
    unsafe semaphore.initialize(to: sem_t())
    let code = unsafe sem_init(semaphore, 0, count)
    precondition(code == 0, "the count is at most SEM_VALUE_MAX")
  }

  deinit {
    unsafe sem_destroy(semaphore)
    unsafe semaphore.deallocate()
  }

  /// Raises the count and wakes one that waits.
  package func signal() {
    let code = unsafe sem_post(semaphore)
    precondition(code == 0, "the count stays under SEM_VALUE_MAX")
  }

  /// Waits until the count is above zero and lowers it.
  package func wait() {
    while unsafe sem_wait(semaphore) != 0 {
      precondition(Errno.current == .interrupted, "the semaphore is valid while it is referred to")
    }
  }

  /// The same until a monotonic time at the latest; false where the count was zero until then.
  package func wait(until_ns deadline_ns: Int64) -> Bool {
    var deadline = timespec(monotonic_ns: deadline_ns)
    while unsafe sem_clockwait(semaphore, CLOCK_MONOTONIC, &deadline) != 0 {
      if Errno.current == .timedOut { return false }
      precondition(Errno.current == .interrupted, "the semaphore is valid while it is referred to")
    }
    return true
  }
}

extension timespec {
  /// Of CLOCK_MONOTONIC.
  init(monotonic_ns: Int64) {
    let time_ns = max(0, monotonic_ns)
    self.init(tv_sec: Int(time_ns / 1_000_000_000), tv_nsec: Int(time_ns % 1_000_000_000))
  }
}
