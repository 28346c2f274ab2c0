import ChatProtocol
import POSIX

/// The connection to the server: lines out, lines in.
final class ServerConnection {
  enum Received: Equatable {
    case line([UInt8])
    /// Far longer than any event.
    case tooLong
    /// The end, with the system's reason if there is one.
    case end(String?)
  }

  private static let eventBytesMax = 16 << 20
  private static let readBytes = 64 << 10

  private let socket: FileDescriptor
  private let token: UInt64
  private var framer = LineFramer(lineBytesMax: eventBytesMax)
  private var unsent: [UInt8] = []
  private var isSendBlocked = false
  private var end: Received?

  /// `socket` is connected.
  init(_ socket: consuming FileDescriptor, _ poller: borrowing Poller, token: UInt64) throws(Errno) {
    self.socket = socket
    self.token = token
    try self.socket.setNonBlocking()
    try self.socket.setNoDelay()
    try poller.add(self.socket.rawValue, token: token, interest: .readable)
  }

  func remove(from poller: borrowing Poller) { try? poller.remove(socket.rawValue) }

  /// Queues a line, without its end.
  func send(_ line: String) {
    unsent += line.utf8
    unsent.append(UInt8(ascii: "\n"))
  }

  func flush(_ poller: borrowing Poller) throws(Errno) {
    while !unsent.isEmpty {
      do throws(Errno) {
        guard let count = try socket.send(unsent) else { break }
        unsent.removeFirst(count)
      } catch {
        // The connection is lost. The server may have said why, and reading reports the end.
        unsent = []
      }
    }
    guard isSendBlocked == unsent.isEmpty else { return }
    isSendBlocked = !unsent.isEmpty
    try poller.modify(socket.rawValue, token: token, interest: isSendBlocked ? [.readable, .writable] : .readable)
  }

  /// Reads once; `next` returns the lines.
  func read() {
    do throws(Errno) {
      guard let bytes = try socket.receive(upTo: ServerConnection.readBytes) else { return }
      if bytes.isEmpty { end = .end(nil) } else { framer.append(bytes.span) }
    } catch {
      end = .end(error.description)
    }
  }

  func next() -> Received? {
    switch end == nil ? framer.next() : framer.finish() {
    case .line(let range): return .line(Array(framer.buffer[range]))
    case .tooLong: return .tooLong
    case nil: return end
    }
  }
}

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
  private static let delayMinMilliseconds: Int64 = 500
  private static let delayMaxMilliseconds: Int64 = 30_000
  /// The time for the last attempt.
  private static let lastAttemptNanoseconds: Int64 = 1_000_000_000

  let host: String
  let port: UInt16
  private let attempt: ConnectionAttempt
  private var dueNanoseconds: Int64?

  init(host: String, port: UInt16) throws(Errno) {
    self.host = host
    self.port = port
    attempt = try ConnectionAttempt()
  }

  /// Readable when an attempt has ended.
  var rawValue: CInt { attempt.rawValue }

  /// Schedules an attempt: each time twice as late, and at a random moment, so that the clients of one server do not
  /// return all at once. If `endNanoseconds` is given, the last attempt is early enough for it.
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
      // The terminal is closed.
      return true
    }
  }
}
