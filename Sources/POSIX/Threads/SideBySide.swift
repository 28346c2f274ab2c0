import Synchronization

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
