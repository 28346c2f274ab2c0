import POSIX

/// What a running server prints to standard output or standard error. A thread writes it: a pipe that is full or a terminal that was
/// stopped takes nothing, perhaps for ever, and the loop must not wait for that.
///
/// A text for which there is no place among those that wait is dropped. All that it says is in the log as well.
struct Announcements {
  private static let waitingMax = 64

  static let output = Announcements(to: 1)
  static let errors = Announcements(to: 2)

  private let descriptor: CInt
  private let writer: WorkerPool?

  private init(to descriptor: CInt) {
    self.descriptor = descriptor
    writer = try? WorkerPool(threadCount: 1, waiting_max: Announcements.waitingMax)
  }

  func post(_ text: String) {
    _ = writer?.submit { [descriptor] in try? FileDescriptor(duplicating: descriptor).writeAll(text) }
  }

  /// Waits until all that was posted before is written, and no longer than `timeout_ms`.
  func finish(within timeout_ms: Int32) {
    do throws(Errno) {
      let done = try Inbox<Bool>()
      let poller = try Poller(events_max: 1)
      try poller.add(done.rawValue, token: 0, interest: .readable)
      guard writer?.submit({ done.post(true) }) == true else { return }
      try poller.wait(timeout_ms: timeout_ms) { _ in }
    } catch {}
  }
}
