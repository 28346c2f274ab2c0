import POSIX
import Synchronization
import Testing

struct WorkerPoolTests {
  @Test func `a full queue rejects jobs and loses none that it accepted`() throws {
    let done = Counter()
    let started = Semaphore()
    let gate = Semaphore()
    let pool = try WorkerPool(threadCount: 1, waitingMax: 2)
    let isBlocking = pool.submit {
      started.signal()
      gate.wait()
      done.add()
    }
    #expect(isBlocking)
    started.wait()
    #expect(pool.submit { done.add() })
    #expect(pool.submit { done.add() })
    #expect(!pool.submit { done.add() })
    gate.signal()
    pool.stop()
    #expect(done.value == 3)
    #expect(!pool.submit { done.add() })
    pool.stop()
    #expect(done.value == 3)
  }

  @Test func `jobs run at the same time, one on each thread`() throws {
    let pool = try WorkerPool(threadCount: 2, waitingMax: 2)
    let first = Semaphore()
    let second = Semaphore()
    let met = Counter()
    // Each waits for the other, so a single thread would never end.
    let isFirst = pool.submit {
      first.signal()
      second.wait()
      met.add()
    }
    let isSecond = pool.submit {
      second.signal()
      first.wait()
      met.add()
    }
    #expect(isFirst && isSecond)
    pool.stop()
    #expect(met.value == 2)
  }

  @Test func `only a pool's own threads have its priority`() throws {
    let before = HelperThread.currentNiceness
    let seen = Mutex<Int?>(nil)
    let pool = try WorkerPool(threadCount: 1, waitingMax: 1, niceness: 7)
    #expect(pool.submit { seen.withLock { $0 = HelperThread.currentNiceness } })
    pool.stop()
    #expect(seen.withLock { $0 } == max(before, 7))
    #expect(HelperThread.currentNiceness == before)
  }

  @Test func `a released pool finishes its jobs`() throws {
    let done = Counter()
    do {
      let pool = try WorkerPool(threadCount: 3, waitingMax: 100)
      for _ in 0..<100 { #expect(pool.submit { done.add() }) }
    }
    #expect(done.value == 100)
  }

  @Test func `a pool may be released by its own job`() throws {
    let gate = Semaphore()
    let done = Semaphore()
    do {
      let pool = try WorkerPool(threadCount: 1, waitingMax: 2)
      let isFirst = pool.submit {
        gate.wait()
        withExtendedLifetime(pool) {}
      }
      let isSecond = pool.submit { done.signal() }
      #expect(isFirst && isSecond)
    }
    gate.signal()
    done.wait()
  }

  @Test func `a bounded stop detaches a running job and drops waiting ones`() throws {
    let pool = try WorkerPool(threadCount: 1, waitingMax: 10)
    let (began, mayEnd, ended) = (Semaphore(), Semaphore(), Semaphore())
    #expect(
      pool.submit {
        began.signal()
        mayEnd.wait()
        ended.signal()
      })
    let done = Counter()
    #expect(pool.submit { done.add() })
    began.wait()
    #expect(!pool.stop(untilNanoseconds: SystemClock.monotonicNanoseconds))
    #expect(!pool.submit {})
    mayEnd.signal()
    ended.wait()
    #expect(done.value == 0)
    // A second stop does not wait.
    pool.stop()
  }

  @Test func `a stop with a timeout returns when the threads have ended`() throws {
    let pool = try WorkerPool(threadCount: 2, waitingMax: 10)
    #expect(pool.stop(untilNanoseconds: .max))
  }
}

private final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  var value: Int { count.load(ordering: .acquiring) }

  func add() { count.add(1, ordering: .acquiringAndReleasing) }
}

@Test func `two calls run at the same time, and both results are returned`() {
  let (first, second) = (Semaphore(), Semaphore())
  // Each waits for the other, so they would hang if they ran one after the other.
  let answers = concurrently {
    first.signal()
    second.wait()
    return "one"
  } and: {
    first.wait()
    second.signal()
    return "two"
  }
  #expect(answers == ("one", "two"))
}

@Suite struct CancellationTests {
  @Test func `a pause ends after its time or on cancellation, for every thread`() throws {
    let cancellation = Cancellation()
    try cancellation.pause(untilNanoseconds: 0)
    try cancellation.pause(untilNanoseconds: SystemClock.monotonicNanoseconds + 1_000_000)
    let woken = Semaphore()
    let threads = try (0..<3).map { _ in
      try HelperThread {
        do throws(Errno) { try cancellation.pause(untilNanoseconds: .max) } catch {
          if error == .canceled { woken.signal() }
        }
      }
    }
    cancellation.cancel()
    cancellation.cancel()
    for thread in threads { thread.join() }
    for _ in threads { woken.wait() }
    #expect(throws: Errno.canceled) { try cancellation.pause(untilNanoseconds: .max) }
    #expect(throws: Errno.canceled) { try cancellation.check() }
  }
}
