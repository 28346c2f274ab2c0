import POSIX
import Synchronization

/// A crowd that is there and does nothing, on a thread of its own, so that its coming in and leaving do not keep the
/// generator from its clock.
final class IdleClients {
  private let thread: HelperThread
  private let leaving: Semaphore
  private var haveLeft = false

  /// Returns when all have come in.
  init(_ subject: Subject, _ crowd: Crowd) throws(BenchError) {
    let (entered, leaving) = (Semaphore(), Semaphore())
    let failure = Shared<BenchError?>(nil)
    self.leaving = leaving
    do throws(Errno) {
      thread = try HelperThread {
        do throws(BenchError) {
          let swarm = try Swarm(subject)
          try swarm.comeIn(crowd)
          entered.signal()
          leaving.wait()
          withExtendedLifetime(swarm) {}
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
    precondition(!haveLeft, "a crowd leaves once")
    haveLeft = true
    leaving.signal()
  }
}

/// A value that two threads know.
final class Shared<Value: Sendable>: Sendable {
  let value: Mutex<Value>
  init(_ value: Value) { self.value = Mutex(value) }
}
