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
