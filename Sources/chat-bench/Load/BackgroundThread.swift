import POSIX
import Synchronization

/// Something that goes on beside a load until it is stopped, on a thread of its own.
final class BackgroundThread<Outcome: Sendable> {
  private let thread: HelperThread
  private let isStopping: Shared<Bool>
  private let result: Shared<Result<Outcome, BenchError>?>

  /// `body` is asked to end by what it gets. `onlyWhereIdle` as for a `HelperThread`.
  init(
    onlyWhereIdle: Bool = false, _ body: @escaping @Sendable (_ isOver: () -> Bool) throws(BenchError) -> Outcome
  ) throws(BenchError) {
    let (isStopping, result) = (Shared(false), Shared<Result<Outcome, BenchError>?>(nil))
    self.isStopping = isStopping
    self.result = result
    do throws(Errno) {
      thread = try HelperThread(onlyWhereIdle: onlyWhereIdle) {
        let outcome = Result { () throws(BenchError) in try body { isStopping.value.withLock { $0 } } }
        result.value.withLock { $0 = outcome }
      }
    } catch {
      throw .system("pthread_create", error)
    }
  }

  /// From now on it is asked to end; nobody waits.
  func askToStop() { isStopping.value.withLock { $0 = true } }

  func stop() throws(BenchError) -> Outcome {
    askToStop()
    thread.join()
    return try result.value.withLock { $0! }.get()
  }
}
