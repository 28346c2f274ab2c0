import CLinux
import Glibc
import Synchronization

/// A thread of its own, pthreads(7). It blocks all signals, so that they reach the thread that waits for them (see
/// `SignalDescriptor`), whichever was first.
package final class HelperThread: Sendable {
  private let thread: pthread_t
  /// Raised when the body has returned.
  private let end: Semaphore
  private let isJoined = Atomic<Bool>(false)

  /// Starts `body` on the new thread. `.wouldBlock` when the system allows no more threads.
  ///
  /// `niceness` from 0 to 19 says how far the thread steps back where others want its core: on Linux it belongs to the
  /// thread and not to the process, see setpriority(2). `onlyWhereIdle` says that it steps back at once and for everybody: SCHED_IDLE
  /// of sched(7).
  package init(
    niceness: Int = 0, onlyWhereIdle: Bool = false, _ body: @escaping @Sendable () -> Void
  ) throws(Errno) {
    precondition((0...19).contains(niceness), "more than others get only who may take it from them")
    // A new thread has its creator's mask: all is blocked while it is made, so it never runs without.
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    try checkedReturn { unsafe pthread_sigmask(SIG_BLOCK, &all, &before) }
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }

    // The body travels through the C interface as a pointer that carries one reference, which the thread takes over.
    let end = Semaphore()
    let carried = unsafe Unmanaged.passRetained(
      ThreadBody {
        defer { end.signal() }
        // It works as well without, only less politely.
        if niceness > HelperThread.currentNiceness { setpriority(CInt(PRIO_PROCESS.rawValue), 0, CInt(niceness)) }
        if onlyWhereIdle {
          var parameters = sched_param()
          _ = unsafe sched_setscheduler(0, CInt(SCHED_IDLE), &parameters)
        }
        body()
      })
    var thread = pthread_t()
    do throws(Errno) {
      try checkedReturn {
        unsafe pthread_create(
          &thread, nil,
          { pointer in
            unsafe Unmanaged<ThreadBody>.fromOpaque(pointer!).takeRetainedValue().run()
            return nil
          }, carried.toOpaque())
      }
    } catch {
      unsafe carried.release()
      throw error
    }
    self.thread = thread
    self.end = end
  }

  deinit {
    // The system keeps an ended thread's status until somebody joins or detaches it.
    if !isJoined.load(ordering: .acquiring) { pthread_detach(thread) }
  }

  /// Waits until the body has returned: pthread_join(3). Once, and never from the thread itself.
  package func join() {
    precondition(!isCurrent, "a thread that waits for its own end waits for ever")
    precondition(!isJoined.exchange(true, ordering: .acquiringAndReleasing), "a thread is joined once")
    let code = pthread_join(thread, nil)
    precondition(code == 0, "the thread exists, is not detached and not joined")
  }

  /// The same until a monotonic time at the latest. False where the body has not returned by then: the thread is left to
  /// itself, and nobody learns of its end.
  package func join(until_ns deadline_ns: Int64) -> Bool {
    precondition(!isCurrent, "a thread that waits for its own end waits for ever")
    precondition(!isJoined.exchange(true, ordering: .acquiringAndReleasing), "a thread is joined once")
    guard end.wait(until_ns: deadline_ns) else {
      pthread_detach(thread)
      return false
    }
    let code = pthread_join(thread, nil)
    precondition(code == 0, "the thread exists, is not detached and not joined")
    return true
  }

  /// How far the calling thread steps back: getpriority(2).
  package static var currentNiceness: Int { Int(getpriority(CInt(PRIO_PROCESS.rawValue), 0)) }

  /// Whether the calling thread has the processor only where nobody else wants it: sched_getscheduler(2).
  package static var isCurrentOnlyWhereIdle: Bool { sched_getscheduler(0) == CInt(SCHED_IDLE) }

  /// clock_nanosleep(2): the calling thread does nothing for so long.
  package static func pause(for_ns count: Int64) {
    if count <= 0 { return }
    var time = timespec(tv_sec: Int(count / 1_000_000_000), tv_nsec: Int(count % 1_000_000_000))
    // No signal ends it early: the thread has them all blocked.
    _ = unsafe clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil)
  }

  /// Whether the caller runs on this thread.
  package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }
}

/// Gives a closure the identity that `Unmanaged` carries.
private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}

/// Does two things at the same time, the first on a thread of its own; where the system allows no more threads, one after the
/// other.
package func sideBySide<First: Sendable, Second>(
  _ first: @escaping @Sendable () -> First, and second: () -> Second
) -> (First, Second) {
  let result = Result<First>()
  let thread: HelperThread
  do throws(Errno) {
    thread = try HelperThread { result.put(first()) }
  } catch {
    return (first(), second())
  }
  let other = second()
  thread.join()
  return (result.take(), other)
}

/// Brings a value from one thread to another.
private final class Result<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)

  func put(_ new: Value) { value.withLock { $0 = new } }

  /// Taken out, not copied: whoever gets it has it alone.
  func take() -> Value {
    guard let taken = value.withLock({ $0.take() }) else { preconditionFailure("the thread has ended") }
    return taken
  }
}

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

/// Tells threads that what they do is not wanted any more.
package final class Cancellation: Sendable {
  private let isCancelledFlag = Atomic<Bool>(false)
  /// Raised by the cancellation, and by each thread that it woke for the next one.
  private let woken = Semaphore()

  package init() {}

  package var isCancelled: Bool { isCancelledFlag.load(ordering: .acquiring) }

  package func cancel() {
    if isCancelledFlag.exchange(true, ordering: .acquiringAndReleasing) { return }
    woken.signal()
  }

  /// Throws `.canceled` once it is cancelled.
  package func check() throws(Errno) {
    if isCancelled { throw .canceled }
  }

  /// The calling thread does nothing until this monotonic time; throws `.canceled` as soon as it is cancelled.
  package func pause(until_ns deadline_ns: Int64) throws(Errno) {
    if woken.wait(until_ns: deadline_ns) { woken.signal() }
    try check()
  }
}
