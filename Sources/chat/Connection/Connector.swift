import POSIX

/// Connects on a thread of its own: resolving the host, connecting and the TLS handshake may take long.
private struct ConnectionAttempt {
  private let inbox: Inbox<Result<ConnectedSocket.Parts, ConnectionError>>

  init() throws(Errno) { inbox = try Inbox() }

  /// Readable when the attempt has ended.
  var rawValue: CInt { inbox.rawValue }

  func begin(_ endpoint: ServerEndpoint) {
    do throws(Errno) {
      _ = try HelperThread { [inbox] in
        do throws(ConnectionError) {
          inbox.post(.success(try endpoint.connect().release()))
        } catch {
          inbox.post(.failure(error))
        }
      }
    } catch {
      inbox.post(.failure(.socket(.failed(call: "connect to", address: endpoint.server, error))))
    }
  }

  /// The connection of an attempt that has ended; nil before that.
  func take() throws(ConnectionError) -> ConnectedSocket? {
    guard let result = inbox.takeAll().last else { return nil }
    return ConnectedSocket(owning: try result.get())
  }
}

/// Makes new connections to the server.
final class Connector {
  private static let delayMinMilliseconds: Int64 = 500
  private static let delayMaxMilliseconds: Int64 = 30_000
  /// The time for the last attempt.
  private static let lastAttemptNanoseconds: Int64 = 1_000_000_000

  let endpoint: ServerEndpoint
  private let attempt: ConnectionAttempt
  private var dueNanoseconds: Int64?

  init(_ endpoint: ServerEndpoint) throws(Errno) {
    self.endpoint = endpoint
    attempt = try ConnectionAttempt()
  }

  /// Readable when an attempt has ended.
  var rawValue: CInt { attempt.rawValue }

  /// Schedules an attempt: each time twice as late, and at a random moment, so that the clients of one server do not return
  /// all at once. If `endNanoseconds` is given, the last attempt is early enough for it.
  func connect(attempt: Int, endNanoseconds: Int64? = nil) {
    let delayMilliseconds = min(
      Connector.delayMaxMilliseconds, Connector.delayMinMilliseconds << Int64(min(attempt - 1, 10)))
    let share = Double(Random.bytes(2).reduce(0) { $0 << 8 | Int($1) }) / 65536
    let nowNanoseconds = SystemClock.monotonicNanoseconds
    let dueNanoseconds = nowNanoseconds + Int64(Double(delayMilliseconds) * (0.5 + share / 2) * 1_000_000)
    let lastNanoseconds = endNanoseconds.map { $0 - Connector.lastAttemptNanoseconds } ?? .max
    self.dueNanoseconds = lastNanoseconds > nowNanoseconds ? min(dueNanoseconds, lastNanoseconds) : dueNanoseconds
  }

  /// Makes the scheduled attempt at once.
  func connectNow() { dueNanoseconds = dueNanoseconds.map { _ in SystemClock.monotonicNanoseconds } }

  /// The time until the next attempt; nil if none is scheduled.
  var timeLeftNanoseconds: Int64? { dueNanoseconds.map { max(0, $0 - SystemClock.monotonicNanoseconds) } }

  func beginIfDue() {
    guard let dueNanoseconds, SystemClock.monotonicNanoseconds >= dueNanoseconds else { return }
    self.dueNanoseconds = nil
    attempt.begin(endpoint)
  }

  /// The connection of the attempt. Call it when `rawValue` is readable.
  func take() throws(ConnectionError) -> ConnectedSocket? { try attempt.take() }

  /// The first connection. The user at `terminal` may type ahead, or quit, meanwhile: then it returns nil.
  static func connect(
    _ endpoint: ServerEndpoint, at terminal: LineTerminal?
  ) throws(ConnectionError) -> ConnectedSocket? {
    guard let terminal, let attempt = try? ConnectionAttempt() else { return try endpoint.connect() }
    attempt.begin(endpoint)
    return hasQuit(during: attempt, at: terminal) ? nil : try attempt.take()
  }

  private static func hasQuit(during attempt: ConnectionAttempt, at terminal: LineTerminal) -> Bool {
    do throws(Errno) {
      let poller = try Poller(eventsMax: 2)
      try poller.add(attempt.rawValue, token: 0, interest: .readable)
      try poller.add(terminal.descriptor, token: 1, interest: .readable)
      let keyboard = try FileDescriptor(duplicating: terminal.descriptor)
      var isOver = false
      while !isOver {
        var isTyped = false
        try poller.wait(timeoutMilliseconds: -1) { event in
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
