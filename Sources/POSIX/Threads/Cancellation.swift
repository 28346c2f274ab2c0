import Synchronization

/// Tells helper threads that nobody waits for what is still queued.
final class Cancellation: Sendable {
  private let isCancelledFlag = Atomic<Bool>(false)

  var isCancelled: Bool { isCancelledFlag.load(ordering: .relaxed) }

  func cancel() { isCancelledFlag.store(true, ordering: .relaxed) }
}
