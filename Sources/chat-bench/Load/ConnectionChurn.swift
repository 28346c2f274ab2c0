import POSIX

/// Clients that connect, wait for the server's first line, and disconnect: over TLS each makes a full handshake.
final class ConnectionChurn {
  struct Count: Sendable {
    var made = 0
    /// From the start to the last connection's first line.
    var elapsedNanoseconds: Int64 = 0
    /// From connecting to the first line.
    var latencies = LatencyHistogram()

    var perSecond: Double { elapsedNanoseconds > 0 ? Double(made) * 1e9 / Double(elapsedNanoseconds) : 0 }
  }

  private struct Attempt {
    let connection: ClientConnection
    /// Nanoseconds since the run began.
    let start: Int64
  }

  /// The most connections in progress, for a server that is slower than the pace.
  private static let inFlightMax = 128
  /// The longest time without a new connection, in nanoseconds.
  private static let timeout: Int64 = 30_000_000_000
  /// A closed connection keeps its port for a minute, so one address has too few ports.
  private static let addressCount = 64

  private let connector: Connector
  /// A line that every server answers, also one that sends no greeting.
  private let question: [UInt8]
  private let poller: Poller
  private let buffer = ReceiveBuffer(bytes: 256 << 10)
  private var attempts: [UInt64: Attempt] = [:]
  private var started = 0
  private var count = Count()

  init(_ target: Target) throws(BenchError) {
    connector = try Connector(target)
    question = Array((target.isIRC ? "PING b\r\n" : "/ping b\n").utf8)
    do throws(Errno) {
      poller = try Poller()
    } catch {
      throw .system("epoll_create1", error)
    }
  }

  /// Connects at the pace until it is over, and then waits for the connections in progress.
  func run(_ pace: Schedule.Pace, until isOver: (_ elapsed: Int64) -> Bool) throws(BenchError) -> Count {
    count = Count()
    started = 0
    let schedule = Schedule(pace: pace, end: .messages(.max))
    let start = SystemClock.monotonicNanoseconds
    var progress: Int64 = 0
    while true {
      var now = SystemClock.monotonicNanoseconds - start
      let isOver = isOver(now)
      if isOver && attempts.isEmpty { return count }
      while !isOver, attempts.count < ConnectionChurn.inFlightMax,
        schedule.isDue(elapsed: now, sent: started, inFlight: attempts.count, each: 1)
      {
        try begin(at: now)
      }
      let made = count.made
      try turn(since: start, waitMilliseconds: schedule.waitMilliseconds)
      now = SystemClock.monotonicNanoseconds - start
      if count.made > made || attempts.isEmpty { progress = now }
      if now - progress > ConnectionChurn.timeout {
        throw .stalled("\(attempts.count) connections wait for the server's first line")
      }
    }
  }

  private func begin(at now: Int64) throws(BenchError) {
    let token = UInt64(started)
    let connection = try connector.connect(
      as: "connection \(started)", from: 1 + started % ConnectionChurn.addressCount)
    connection.output = question
    try connection.register(at: poller, token: token)
    attempts[token] = Attempt(connection: connection, start: now)
    started += 1
    // As in `LoadGenerator.connect`.
    try connection.flush(poller, token: token)
  }

  private func turn(since start: Int64, waitMilliseconds: Int32) throws(BenchError) {
    var ready: [PollerEvent] = []
    do throws(Errno) {
      try poller.wait(timeoutMilliseconds: waitMilliseconds) { ready.append($0) }
    } catch {
      throw .system("epoll_wait", error)
    }
    for event in ready {
      guard let attempt = attempts[event.token] else { continue }
      let connection = attempt.connection
      if event.isReadable || event.isHangup || event.isError {
        let wasEstablished = connection.isEstablished
        if let received = try connection.receive(into: buffer, behind: []) {
          if received == 0 { throw .connection(connection.name, "the server closed it") }
          end(event.token, attempt, at: SystemClock.monotonicNanoseconds - start)
          continue
        }
        if connection.isEstablished != wasEstablished { try connection.flush(poller, token: event.token) }
      }
      if event.isWritable { try connection.flush(poller, token: event.token) }
    }
  }

  /// Counts the connection. It closes with its last reference.
  private func end(_ token: UInt64, _ attempt: Attempt, at now: Int64) {
    attempt.connection.remove(from: poller)
    attempts[token] = nil
    count.made += 1
    count.elapsedNanoseconds = now
    count.latencies.add(UInt32(clamping: (now - attempt.start) / 1000))
  }
}
