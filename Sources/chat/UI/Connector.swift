import POSIX

/// Connects on a thread of its own: resolving the host and connecting may take long.
private struct ConnectionAttempt {
  private let inbox: Inbox<Result<CInt, SocketError>>

  init() throws(Errno) { inbox = try Inbox() }

  /// Readable when the attempt has ended.
  var rawValue: CInt { inbox.rawValue }

  func begin(host: String, port: UInt16) {
    do throws(Errno) {
      _ = try HelperThread { [inbox] in
        do throws(SocketError) {
          inbox.post(.success(try Socket.connect(host: host, port: port).release()))
        } catch {
          inbox.post(.failure(error))
        }
      }
    } catch {
      inbox.post(.failure(.failed(call: "connect to", address: host, error)))
    }
  }

  /// The connected socket of an attempt that has ended; nil before that.
  func take() throws(SocketError) -> FileDescriptor? {
    guard let result = inbox.takeAll().last else { return nil }
    return FileDescriptor(owning: try result.get())
  }
}

/// Makes new connections to the server.
final class Connector {
  private static let delayMin_ms: Int64 = 500
  private static let delayMax_ms: Int64 = 30_000
  /// The time for the last attempt.
  private static let lastAttempt_ns: Int64 = 1_000_000_000

  let host: String
  let port: UInt16
  private let attempt: ConnectionAttempt
  private var due_ns: Int64?

  init(host: String, port: UInt16) throws(Errno) {
    self.host = host
    self.port = port
    attempt = try ConnectionAttempt()
  }

  /// Readable when an attempt has ended.
  var rawValue: CInt { attempt.rawValue }

  /// Schedules an attempt: each time twice as late, and at a random moment, so that the clients of one server do not return
  /// all at once. If `end_ns` is given, the last attempt is early enough for it.
  func connect(attempt: Int, end_ns: Int64? = nil) {
    let delay_ms = min(Connector.delayMax_ms, Connector.delayMin_ms << Int64(min(attempt - 1, 10)))
    let share = Double(Random.bytes(2).reduce(0) { $0 << 8 | Int($1) }) / 65536
    let now_ns = SystemClock.monotonic_ns
    let due_ns = now_ns + Int64(Double(delay_ms) * (0.5 + share / 2) * 1_000_000)
    let last_ns = end_ns.map { $0 - Connector.lastAttempt_ns } ?? .max
    self.due_ns = last_ns > now_ns ? min(due_ns, last_ns) : due_ns
  }

  /// Makes the scheduled attempt at once.
  func connectNow() { due_ns = due_ns.map { _ in SystemClock.monotonic_ns } }

  /// The time until the next attempt; nil if none is scheduled.
  var timeLeft_ns: Int64? { due_ns.map { max(0, $0 - SystemClock.monotonic_ns) } }

  func beginIfDue() {
    guard let due_ns, SystemClock.monotonic_ns >= due_ns else { return }
    self.due_ns = nil
    attempt.begin(host: host, port: port)
  }

  /// The socket of the attempt; nil if it failed. Call it when `rawValue` is readable.
  func takeSocket() -> FileDescriptor? { try? attempt.take() }

  /// The first connection. The user at `terminal` may type ahead, or quit, meanwhile: then it returns nil.
  static func connect(host: String, port: UInt16, at terminal: LineTerminal?) throws(SocketError) -> FileDescriptor? {
    guard let terminal, let attempt = try? ConnectionAttempt() else {
      return try Socket.connect(host: host, port: port)
    }
    attempt.begin(host: host, port: port)
    return hasQuit(during: attempt, at: terminal) ? nil : try attempt.take()
  }

  private static func hasQuit(during attempt: ConnectionAttempt, at terminal: LineTerminal) -> Bool {
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
        if isTyped, terminal.typeAhead(try keyboard.read(upTo: 4096)) { return true }
      }
      return false
    } catch {
      // The terminal is gone, and the user with it.
      return true
    }
  }
}
