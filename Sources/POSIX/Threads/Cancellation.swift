import Synchronization

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
