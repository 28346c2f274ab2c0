import POSIX
import Synchronization

/// The result of a closure that runs on its own thread.
package final class Promise<Value: Sendable>: Sendable {
  private let thread: HelperThread
  private let answer: Answer

  private final class Answer: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
  }

  /// Starts the thread with `body`.
  package init(_ body: @escaping @Sendable () throws -> Value) throws {
    let answer = Answer()
    self.answer = answer
    thread = try HelperThread {
      let result = Result { try body() }
      answer.result.withLock { $0 = result }
    }
  }

  /// Waits for the thread's end. Call it once.
  package func value() throws -> Value {
    thread.join()
    return try answer.result.withLock { try $0!.get() }
  }
}
