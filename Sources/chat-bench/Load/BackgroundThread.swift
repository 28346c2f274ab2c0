import POSIX
import Synchronization

/// A value that two threads share.
final class Shared<Value: Sendable>: Sendable {
  let value: Mutex<Value>
  init(_ value: Value) { self.value = Mutex(value) }
}

/// Work during a load, on its own thread, until it is stopped.
final class BackgroundThread<Outcome: Sendable> {
  private let thread: HelperThread
  private let isStopping: Shared<Bool>
  private let result: Shared<Result<Outcome, BenchError>?>

  /// `body` ends when the flag that it gets is set. `onlyWhenIdle` as for a `HelperThread`.
  init(
    onlyWhenIdle: Bool = false, _ body: @escaping @Sendable (_ isOver: () -> Bool) throws(BenchError) -> Outcome
  ) throws(BenchError) {
    let (isStopping, result) = (Shared(false), Shared<Result<Outcome, BenchError>?>(nil))
    self.isStopping = isStopping
    self.result = result
    do throws(Errno) {
      thread = try HelperThread(onlyWhenIdle: onlyWhenIdle) {
        let outcome = Result { () throws(BenchError) in try body { isStopping.value.withLock { $0 } } }
        result.value.withLock { $0 = outcome }
      }
    } catch {
      throw .system("pthread_create", error)
    }
  }

  /// Asks it to end, without waiting.
  func askToStop() { isStopping.value.withLock { $0 = true } }

  func stop() throws(BenchError) -> Outcome {
    askToStop()
    thread.join()
    return try result.value.withLock { $0! }.get()
  }
}

/// Clients that are logged in and idle, on a thread of their own, so that they do not delay the generator.
final class IdleClients {
  private let thread: HelperThread
  private let leaving: Semaphore
  private var haveLeft = false

  /// Returns when all are logged in.
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

  /// Closes all connections one after the other, as fast as possible, while the caller continues.
  func leave() {
    precondition(!haveLeft, "clients leave once")
    haveLeft = true
    leaving.signal()
  }
}
