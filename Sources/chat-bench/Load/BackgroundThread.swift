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

/// A group that is there and does nothing, on a thread of its own, so that its coming in and leaving do not keep the
/// generator from its clock.
final class IdleClients {
  private let thread: HelperThread
  private let leaving: Semaphore
  private var haveLeft = false

  /// Returns when all have come in.
  init(_ target: Target, _ group: ClientGroup) throws(BenchError) {
    let (entered, leaving) = (Semaphore(), Semaphore())
    let failure = Shared<BenchError?>(nil)
    self.leaving = leaving
    do throws(Errno) {
      thread = try HelperThread {
        do throws(BenchError) {
          let generator = try LoadGenerator(target)
          try generator.logIn(group)
          entered.signal()
          leaving.wait()
          withExtendedLifetime(generator) {}
        } catch {
          failure.value.withLock { $0 = error }
          entered.signal()
        }
      }
    } catch {
      throw .system("pthread_create", error)
    }
    entered.wait()
    if let failure = failure.value.withLock({ $0 }) { throw failure }
  }

  deinit {
    if !haveLeft { leaving.signal() }
    thread.join()
  }

  /// All connections are closed, one after the other and as fast as it goes, while the caller goes on.
  func leave() {
    precondition(!haveLeft, "a group leaves once")
    haveLeft = true
    leaving.signal()
  }
}

/// A value that two threads know.
final class Shared<Value: Sendable>: Sendable {
  let value: Mutex<Value>
  init(_ value: Value) { self.value = Mutex(value) }
}
