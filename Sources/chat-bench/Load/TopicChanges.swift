import POSIX

/// Somebody who changes the topic of a room again and again: each is answered once it is synced, and so tells how long the disk takes.
final class TopicChanges {
  private static let pause_ms: Int32 = 50

  private let thread: BackgroundThread<Latencies>

  /// Returns once the room is there.
  init(_ server: ServerProcess, room name: String) throws(BenchError) {
    let subject = server.subject
    let isReady = Semaphore()
    thread = try BackgroundThread { (isOver) throws(BenchError) in
      var latencies = Latencies()
      do throws(Errno) {
        let person: Visitor
        do {
          defer { isReady.signal() }
          person = try Visitor(subject)
          try person.say("/register \(name) correct-horse\n/create \(name) --open\n")
        }
        while !isOver() {
          let start_ns = SystemClock.monotonic_ns
          try person.say("/topic at \(start_ns)\n")
          latencies.add(UInt32(clamping: (SystemClock.monotonic_ns - start_ns) / 1000))
          try person.wait(TopicChanges.pause_ms)
        }
      } catch {
        throw .connection("who changes topics", "\(error)")
      }
      return latencies
    }
    isReady.wait()
  }

  func stop() throws(BenchError) -> Latencies { try thread.stop() }
}
