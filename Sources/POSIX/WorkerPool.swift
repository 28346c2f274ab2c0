import Synchronization

/// A few threads for slow work, with a bounded queue. A job returns its result itself, usually through an `Inbox`.
package final class WorkerPool: Sendable {
  private let queue: JobQueue
  private let threads: [HelperThread]

  /// At most `waitingMax` jobs wait while all `threadCount` threads are busy. `niceness` and `onlyWhenIdle` as for
  /// `HelperThread`.
  package init(
    threadCount: Int, waitingMax: Int, niceness: Int = 0, onlyWhenIdle: Bool = false
  ) throws(Errno) {
    precondition(threadCount > 0 && waitingMax > 0, "a pool without threads or room does nothing")
    // The threads refer only to the queue, so that releasing the pool can end them.
    let queue = JobQueue(waitingMax: waitingMax)
    var threads: [HelperThread] = []
    do throws(Errno) {
      for _ in 0..<threadCount {
        threads.append(
          try HelperThread(niceness: niceness, onlyWhenIdle: onlyWhenIdle) { queue.runUntilClosed() })
      }
    } catch {
      queue.close(threadCount: threads.count)
      throw error
    }
    self.queue = queue
    self.threads = threads
  }

  deinit { stop() }

  /// Adds a job to the end of the queue. Returns false if the queue is full or the pool stopped. From any thread.
  package func submit(_ job: @escaping @Sendable () -> Void) -> Bool { queue.append(job) }

  /// Accepts no more jobs, runs the waiting ones and returns when the threads have ended. A second call returns at once.
  /// If a job of the pool holds the last reference, its thread ends by itself.
  package func stop() {
    guard queue.close(threadCount: threads.count) else { return }
    for thread in threads where !thread.isCurrent { thread.join() }
  }

  /// Accepts no more jobs and returns when the threads have ended, at a monotonic time at the latest. Returns false if a job
  /// still runs then; its thread is detached.
  package func stop(untilNanoseconds deadlineNanoseconds: Int64, dropsWaiting: Bool = true) -> Bool {
    guard queue.close(threadCount: threads.count, dropsWaiting: dropsWaiting) else { return true }
    var haveEnded = true
    for thread in threads where !thread.isCurrent {
      haveEnded = thread.join(untilNanoseconds: deadlineNanoseconds) && haveEnded
    }
    return haveEnded
  }
}

/// The waiting jobs. The semaphore counts them and, after the close, one more for each thread, which then finds no job and
/// ends.
private final class JobQueue: Sendable {
  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let available = Semaphore()
  private let waitingMax: Int

  init(waitingMax: Int) { self.waitingMax = waitingMax }

  func append(_ job: @escaping @Sendable () -> Void) -> Bool {
    let isAccepted = state.withLock { state in
      if state.isClosed || state.jobs.count >= waitingMax { return false }
      state.jobs.append(job)
      return true
    }
    if isAccepted { available.signal() }
    return isAccepted
  }

  /// Returns whether this call closed it.
  @discardableResult
  func close(threadCount: Int, dropsWaiting: Bool = false) -> Bool {
    let isFirst = state.withLock { state in
      defer { state.isClosed = true }
      if dropsWaiting { state.jobs = [] }
      return !state.isClosed
    }
    if isFirst { for _ in 0..<threadCount { available.signal() } }
    return isFirst
  }

  func runUntilClosed() {
    while true {
      available.wait()
      // Each count is a job or, when none is left, the end. The queue is short, so that removing from the
      // front is cheap.
      let job = state.withLock { state in state.jobs.isEmpty ? nil : state.jobs.removeFirst() }
      guard let job else { return }
      job()
    }
  }
}
