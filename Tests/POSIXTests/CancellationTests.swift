import POSIX
import Testing

@Suite struct CancellationTests {
  @Test func `a pause ends when its time has come, or at the cancellation, for all who wait`() throws {
    let cancellation = Cancellation()
    try cancellation.pause(until_ns: 0)
    try cancellation.pause(until_ns: SystemClock.monotonic_ns + 1_000_000)
    let woken = Semaphore()
    let threads = try (0..<3).map { _ in
      try HelperThread {
        do throws(Errno) { try cancellation.pause(until_ns: .max) } catch { if error == .canceled { woken.signal() } }
      }
    }
    cancellation.cancel()
    cancellation.cancel()
    for thread in threads { thread.join() }
    for _ in threads { woken.wait() }
    #expect(throws: Errno.canceled) { try cancellation.pause(until_ns: .max) }
    #expect(throws: Errno.canceled) { try cancellation.check() }
  }
}
