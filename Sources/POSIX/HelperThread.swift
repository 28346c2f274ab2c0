import CLinux
import Glibc
import Synchronization

/// A thread, pthreads(7). It blocks all signals, so that they reach the thread that reads them (see `SignalDescriptor`).
package final class HelperThread: Sendable {
  private let thread: pthread_t
  /// Signalled when the body has returned.
  private let end: Semaphore
  private let isJoined = Atomic<Bool>(false)

  /// Runs `body` on a new thread. Throws `.wouldBlock` if the system allows no more threads.
  ///
  /// `niceness` 0 to 19 lowers the thread's priority: on Linux it belongs to the thread and not to the process, see setpriority(2).
  /// `onlyWhenIdle` runs the thread only on an idle processor: SCHED_IDLE of sched(7).
  package init(
    niceness: Int = 0, onlyWhenIdle: Bool = false, _ body: @escaping @Sendable () -> Void
  ) throws(Errno) {
    precondition((0...19).contains(niceness), "a higher priority needs privileges")
    // A new thread has its creator's mask: all signals are blocked while it is made, so it never runs without.
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    try checkedReturn { unsafe pthread_sigmask(SIG_BLOCK, &all, &before) }
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }

    // The body passes through the C interface as a pointer with one reference, which the thread releases.
    let end = Semaphore()
    let carried = unsafe Unmanaged.passRetained(
      ThreadBody {
        defer { end.signal() }
        // An error leaves the default priority, which works as well.
        if niceness > HelperThread.currentNiceness { setpriority(CInt(PRIO_PROCESS.rawValue), 0, CInt(niceness)) }
        if onlyWhenIdle {
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
    // The system keeps an ended thread's status until it is joined or detached.
    if !isJoined.load(ordering: .acquiring) { pthread_detach(thread) }
  }

  /// pthread_join(3): waits until the body has returned. Call it once, and not from the thread itself.
  package func join() {
    beginJoining()
    joinEnded()
  }

  /// The same until a monotonic time at the latest. Returns false if the body has not returned by then; the thread is then detached.
  package func join(untilNanoseconds deadlineNanoseconds: Int64) -> Bool {
    beginJoining()
    guard end.wait(untilNanoseconds: deadlineNanoseconds) else {
      pthread_detach(thread)
      return false
    }
    joinEnded()
    return true
  }

  private func beginJoining() {
    precondition(!isCurrent, "a thread that joins itself waits for ever")
    precondition(!isJoined.exchange(true, ordering: .acquiringAndReleasing), "a thread is joined once")
  }

  private func joinEnded() {
    let code = pthread_join(thread, nil)
    precondition(code == 0, "the thread exists, is not detached and not joined")
  }

  /// getpriority(2) of the calling thread.
  package static var currentNiceness: Int { Int(getpriority(CInt(PRIO_PROCESS.rawValue), 0)) }

  /// clock_nanosleep(2) of the calling thread.
  package static func pause(for_ns count: Int64) {
    if count <= 0 { return }
    var time = timespec(nanoseconds: count)
    // No signal ends it early: the thread blocks them all.
    _ = unsafe clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil)
  }

  /// Whether the caller runs on this thread.
  package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }
}

/// Gives a closure the identity that `Unmanaged` needs.
private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Runs two closures at the same time, the first on a new thread; one after the other if the system allows no more threads.
package func concurrently<First: Sendable, Second>(
  _ first: @escaping @Sendable () -> First, and second: () -> Second
) -> (First, Second) {
  let result = ThreadResult<First>()
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

/// Passes a value from one thread to another.
private final class ThreadResult<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)

  func put(_ new: Value) { value.withLock { $0 = new } }

  /// Moved out, not copied, so that the caller has the only reference.
  func take() -> Value {
    guard let taken = value.withLock({ $0.take() }) else { preconditionFailure("the thread has ended") }
    return taken
  }
}

/// A counting semaphore, sem_overview(7), for threads that must sleep. To guard a value, use a `Mutex`.
@safe package final class Semaphore: Sendable {
  /// The kernel knows a semaphore by its address, so it is on the heap and never moves. Every call on it is atomic,
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

  /// Raises the count and wakes one waiting thread.
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

  /// The same until a monotonic time at the latest. Returns false if the count was zero until then.
  package func wait(untilNanoseconds deadlineNanoseconds: Int64) -> Bool {
    var deadline = timespec(nanoseconds: deadlineNanoseconds)
    while unsafe sem_clockwait(semaphore, CLOCK_MONOTONIC, &deadline) != 0 {
      if Errno.current == .timedOut { return false }
      precondition(Errno.current == .interrupted, "the semaphore is valid while it is referred to")
    }
    return true
  }
}

/// A cancellation flag that threads check, and that wakes those that pause.
package final class Cancellation: Sendable {
  private let isCancelledFlag = Atomic<Bool>(false)
  /// Signalled by `cancel`, and again by each thread that it woke, for the next one.
  private let woken = Semaphore()

  package init() {}

  package var isCancelled: Bool { isCancelledFlag.load(ordering: .acquiring) }

  package func cancel() {
    if isCancelledFlag.exchange(true, ordering: .acquiringAndReleasing) { return }
    woken.signal()
  }

  /// Throws `.canceled` once cancelled.
  package func check() throws(Errno) {
    if isCancelled { throw .canceled }
  }

  /// Pauses the calling thread until a monotonic time. Throws `.canceled` as soon as it is cancelled.
  package func pause(untilNanoseconds deadlineNanoseconds: Int64) throws(Errno) {
    if woken.wait(untilNanoseconds: deadlineNanoseconds) { woken.signal() }
    try check()
  }
}
