import POSIX
import Synchronization

/// What a thread of its own will have answered when it ends.
package final class Promise<Value: Sendable>: Sendable {
  private let thread: HelperThread
  private let answer: Answer

  private final class Answer: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
  }

  /// Starts `body` on the thread.
  package init(_ body: @escaping @Sendable () throws -> Value) throws {
    let answer = Answer()
    self.answer = answer
    thread = try HelperThread {
      let result = Result { try body() }
      answer.result.withLock { $0 = result }
    }
  }

  /// Waits for the thread's end; once.
  package func value() throws -> Value {
    thread.join()
    return try answer.result.withLock { try $0!.get() }
  }
}
