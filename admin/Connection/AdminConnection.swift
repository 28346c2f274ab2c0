import ChatProtocol
import POSIX

/// A connection to a server's control socket: requests and their replies, one at a time.
struct AdminConnection: ~Copyable {
  private static let readBytesMax = 1 << 16
  private static let socketToken: UInt64 = 0

  private let location: ServerLocation
  private let socket: FileDescriptor
  private let poller: Poller
  private let serverProcess: Int32?
  private let interruption: Interruption?
  /// Lines of any length: the server is trusted with this process's memory.
  private var framer = LineFramer(lineBytesMax: 0)
  private var lastID = 0
  /// Whether the reply to a request has not come yet.
  private(set) var isAwaitingReply = false

  private init(
    _ location: ServerLocation, _ socket: consuming FileDescriptor, _ poller: consuming Poller,
    _ interruption: Interruption?
  ) {
    self.location = location
    self.interruption = interruption
    serverProcess = try? socket.peerCredentials().processID
    self.socket = socket
    self.poller = poller
  }

  /// `interruption` ends any wait.
  static func open(to location: ServerLocation, interruption: Interruption? = nil) throws(AdminError) -> AdminConnection
  {
    let socket = try location.connect()
    do throws(Errno) {
      let poller = try Poller(eventsMax: 2)
      try poller.add(socket.rawValue, token: Self.socketToken, interest: .readable)
      if let interruption { try poller.add(interruption.rawValue, token: 1, interest: .readable) }
      return AdminConnection(location, socket, poller, interruption)
    } catch {
      throw AdminError(.software, "cannot wait for the server: \(error)")
    }
  }

  // MARK: - Requests

  /// Sends a request and returns the last part of its reply; earlier parts go to `part` as they arrive. `timeout` limits the
  /// server's silence; nil is forever.
  mutating func ask(
    _ request: ControlRequest, timeout: Duration?, part: (ControlReply) throws(AdminError) -> Void = { _ in }
  ) throws(AdminError) -> ControlReply {
    send(request)
    while true {
      let response = try response(in: try line(for: request, timeout: timeout))
      let reply = try reply(in: response)
      if !response.isPart { return reply }
      try part(reply)
    }
  }

  /// Sends a request without waiting. For a caller that waits for other things too; `takeReply` gets the reply.
  mutating func send(_ request: ControlRequest) {
    lastID += 1
    isAwaitingReply = true
    // A server that rejects the connection closes it at once, so that sending may fail; its message can still be read.
    var rest = request.encode(id: lastID)[...]
    while !rest.isEmpty, let sent = try? socket.send(rest) { rest = rest.dropFirst(sent) }
  }

  /// The descriptor, readable when a part of a reply has arrived or the server has closed the connection.
  var rawValue: CInt { socket.rawValue }

  /// Reads what has arrived, without waiting if the socket is readable. Returns the reply once it is complete. For requests
  /// with a reply of one line.
  mutating func takeReply(to request: ControlRequest) throws(AdminError) -> ControlReply? {
    let bytes = (try? socket.receive(upTo: Self.readBytesMax)) ?? []
    if bytes.isEmpty || !isAwaitingReply { throw lossError(at: request) }
    framer.append(bytes.span)
    guard case .line(let range) = framer.next() else { return nil }
    return try reply(in: try response(in: Array(framer.buffer[range])))
  }

  /// The bytes after the reply, up to the end of the connection. An error of `body` ends this.
  mutating func takeRest(
    after request: ControlRequest, timeout: Duration, _ body: ([UInt8]) throws(AdminError) -> Void
  ) throws(AdminError) {
    repeat {
      let bytes = framer.takeAll()
      if !bytes.isEmpty { try body(bytes) }
    } while try receive(for: request, timeout: timeout)
  }

  private mutating func reply(in response: ControlResponse) throws(AdminError) -> ControlReply {
    if !response.isPart { isAwaitingReply = false }
    switch response.result {
    case .failure(let error): throw AdminError(ExitStatus(error.code), error.message, code: error.code)
    case .success(let reply): return reply
    }
  }

  private func response(in line: [UInt8]) throws(AdminError) -> ControlResponse {
    let response: ControlResponse
    do throws(CodingError) {
      response = try ControlResponse(decoding: line)
    } catch {
      throw AdminError(
        .software, "\(server) sent an invalid answer: \(error.problem); its version may differ from this chat-admin's")
    }
    // The id 0 answers a line that the server could not read, or the connection as such.
    guard response.id == lastID || response.id == 0 else {
      throw AdminError(.software, "\(server) answered request \(response.id) instead of \(lastID)")
    }
    return response
  }

  // MARK: - Waiting

  /// Whether the connection cannot be used for another request: the server has closed it or sent something unasked.
  var isOver: Bool { isAwaitingReply || (try? waitForBytes(milliseconds: 0)) ?? true }

  /// Waits until the server closes the connection; false if it has not by `deadline`, or at an interruption.
  mutating func waitForEnd(until deadline: SuspendingClock.Instant) -> Bool {
    while true {
      let left = deadline.millisecondsLeft
      guard left > 0, let isReadable = try? waitForBytes(milliseconds: left) else { return false }
      if interruption?.check() == true { return false }
      if !isReadable { continue }
      guard let bytes = try? socket.receive(upTo: Self.readBytesMax), !bytes.isEmpty else { return true }
    }
  }

  private mutating func line(for request: ControlRequest, timeout: Duration?) throws(AdminError) -> [UInt8] {
    while true {
      if case .line(let range) = framer.next() { return Array(framer.buffer[range]) }
      guard try receive(for: request, timeout: timeout) else { throw lossError(at: request) }
    }
  }

  /// Waits for bytes and takes them; false if the server has closed the connection.
  private mutating func receive(for request: ControlRequest, timeout: Duration?) throws(AdminError) -> Bool {
    let deadline = timeout.map { SuspendingClock.now + $0 }
    do throws(Errno) {
      while true {
        let left = deadline?.millisecondsLeft ?? -1
        guard left != 0 else { break }
        // A signal ends the wait early without an event, also when this process was stopped and resumed.
        guard try waitForBytes(milliseconds: left) else {
          if interruption?.check() == true { throw .interrupted }
          continue
        }
        let bytes = try socket.receive(upTo: Self.readBytesMax) ?? []
        framer.append(bytes.span)
        return !bytes.isEmpty
      }
    } catch .interrupted {
      throw AdminError(.tryAgain, "interrupted\(outcome(of: request))")
    } catch {
      return false
    }
    throw timeoutError(after: timeout ?? .zero, at: request)
  }

  /// Whether there is something to read, or the server has closed the connection.
  private func waitForBytes(milliseconds: Int32) throws(Errno) -> Bool {
    var isReadable = false
    try poller.wait(timeoutMilliseconds: milliseconds) { event in
      if event.token == Self.socketToken { isReadable = true }
    }
    return isReadable
  }

  // MARK: - Errors

  /// The server closed the connection. One that stopped normally has removed its socket.
  func lossError(at request: ControlRequest) -> AdminError {
    let isSocketLeft = ((try? File.statusIfPresent(location.socketPath)) ?? nil) != nil
    let problem =
      !isSocketLeft
      ? "has stopped"
      : request.isFollowing
        ? "closed the connection: it crashed, or this program did not read fast enough; see the end of its log"
        : "closed the connection before it answered; it may have crashed: see the end of its log"
    return AdminError(.wentAway, "\(server) \(problem)\(outcome(of: request))")
  }

  func timeoutError(after timeout: Duration, at request: ControlRequest) -> AdminError {
    AdminError(
      .tryAgain,
      "\(server) has not answered for \(timeout.components.seconds) seconds; it is suspended or very busy. Check its log, "
        + "then try again\(outcome(of: request))")
  }

  private var server: String {
    "the server\(serverProcess.map { " (process \($0))" } ?? "") at \(location.socketPath)"
  }

  private func outcome(of request: ControlRequest) -> String {
    if request == .top || request.isFollowing { return "" }
    return request.flags.contains(.changes)
      ? "; '\(request.verb.name)' may or may not have been done" : "; '\(request.verb.name)' changes nothing"
  }
}

extension AdminError {
  static var unexpectedReply: AdminError {
    AdminError(.software, "the server sent an unexpected answer; its version may differ from this chat-admin's")
  }

  static func terminal(_ error: Errno) -> AdminError { AdminError(.inputOutput, "cannot use the terminal: \(error)") }
}

extension SuspendingClock.Instant {
  /// How long it is until then, rounded up; 0 if it has passed.
  var millisecondsLeft: Int32 {
    let left = self - .now
    guard left > .zero else { return 0 }
    return Int32(clamping: Int64((left / .milliseconds(1)).rounded(.up)))
  }
}

extension ControlRequest {
  /// Whether the answer continues with what happens from now on.
  var isFollowing: Bool { if case .readLog(let query) = self { query.isFollowing } else { false } }
}
