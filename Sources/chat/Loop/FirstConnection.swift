import POSIX

/// The connection that a client begins with. Finding a host's addresses and connecting may take long, and whoever waits at a
/// terminal may leave meanwhile.
enum FirstConnection {
  private typealias Attempt = Inbox<Result<CInt, SocketError>>

  /// nil where the person left.
  static func make(host: String, port: UInt16, at terminal: LineTerminal?) throws(SocketError) -> FileDescriptor? {
    guard let terminal, let attempt = begin(host, port) else { return try Socket.connect(host: host, port: port) }
    guard !hasLeft(attempt, at: terminal), let result = attempt.takeAll().first else { return nil }
    return FileDescriptor(owning: try result.get())
  }

  private static func begin(_ host: String, _ port: UInt16) -> Attempt? {
    guard let attempt = try? Attempt() else { return nil }
    let thread = try? HelperThread {
      do throws(SocketError) {
        attempt.post(.success(try Socket.connect(host: host, port: port).release()))
      } catch {
        attempt.post(.failure(error))
      }
    }
    return thread == nil ? nil : attempt
  }

  /// Waits for the attempt's end, and keeps what is typed meanwhile.
  private static func hasLeft(_ attempt: Attempt, at terminal: LineTerminal) -> Bool {
    do throws(Errno) {
      let poller = try Poller(events_max: 2)
      try poller.add(attempt.rawValue, token: 0, interest: .readable)
      try poller.add(terminal.descriptor, token: 1, interest: .readable)
      let keyboard = try FileDescriptor(duplicating: terminal.descriptor)
      var isOver = false
      while !isOver {
        var isTyped = false
        try poller.wait(timeout_ms: -1) { event in
          if event.token == 0 { isOver = true } else { isTyped = true }
        }
        if isTyped, terminal.keep(try keyboard.read(upTo: 4096)) { return true }
      }
      return false
    } catch {
      // Without its terminal there is nobody.
      return true
    }
  }
}
