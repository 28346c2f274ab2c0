import ChatProtocol
import POSIX

/// A conversation with one server over its control socket: a request, its answer, and so on.
struct AdminConnection: ~Copyable {
  private static let bytesARead = 1 << 16
  private static let socketToken: UInt64 = 0

  private let place: ServerPlace
  private let socket: FileDescriptor
  private let poller: Poller
  private let serverID: Int32?
  private let interruption: Interruption?
  /// A line of an answer is as long as it is: the server is trusted with our memory.
  private var framer = LineFramer(lineBytesMax: 0)
  private var lastID = 0
  /// Something was asked of which the answer has not come.
  private(set) var isAwaiting = false

  private init(
    _ place: ServerPlace, _ socket: consuming FileDescriptor, _ poller: consuming Poller, _ interruption: Interruption?
  ) {
    self.place = place
    self.interruption = interruption
    self.serverID = try? socket.peerCredentials().processID
    self.socket = socket
    self.poller = poller
  }

  /// `interruption` ends what is waited for.
  static func open(
    to place: ServerPlace, interruption: Interruption? = nil
  ) throws(AdminError) -> AdminConnection {
    let socket = try connect(to: place)
    do throws(Errno) {
      let poller = try Poller(events_max: 2)
      try poller.add(socket.rawValue, token: Self.socketToken, interest: .readable)
      if let interruption { try poller.add(interruption.rawValue, token: 1, interest: .readable) }
      return AdminConnection(place, socket, poller, interruption)
    } catch {
      throw AdminError(.software, "cannot wait for the server's answer: \(error)")
    }
  }

  private static func connect(to place: ServerPlace) throws(AdminError) -> FileDescriptor {
    let path = place.socketPath
    do throws(SocketError) {
      return try Socket.connectUnix(path: path)
    } catch {
      throw AdminError(error, connectingTo: path, of: place)
    }
  }

  /// Sends a request and waits for its answer, of which the last line is returned; the parts before it are given to `part` as
  /// they come. `silence_ms_max` bounds how long the server may say nothing; nil is for ever.
  mutating func ask(
    _ request: ControlRequest, silence_ms_max: Int32?, part: (ControlReply) throws(AdminError) -> Void = { _ in }
  ) throws(AdminError) -> ControlReply {
    begin(request)
    while true {
      let response = try response(in: try answerLine(to: request, silence_ms_max: silence_ms_max))
      let reply = try reply(in: response)
      if !response.isPart { return reply }
      try part(reply)
    }
  }

  /// Sends a request. For whoever waits for other things than its answer too: that is to be had by `takeAnswer`.
  mutating func begin(_ request: ControlRequest) {
    lastID += 1
    isAwaiting = true
    // A server that turns us away closes at once, so that sending may fail; what it said stands to be read.
    try? send(request.encode(id: lastID))
  }

  /// What is readable when something of an answer has come, or the server's end.
  var rawValue: CInt { socket.rawValue }

  /// Takes what has come; the answer, if that was the last of it. Waits for nothing where the socket is readable. For requests
  /// that are answered by one line.
  mutating func takeAnswer(to request: ControlRequest) throws(AdminError) -> ControlReply? {
    let bytes = (try? socket.receive(upTo: Self.bytesARead)) ?? []
    if bytes.isEmpty || !isAwaiting { throw loss(at: request) }
    framer.append(bytes.span)
    guard case .line(let range) = framer.next() else { return nil }
    return try reply(in: try response(in: Array(framer.buffer[range])))
  }

  private mutating func reply(in response: ControlResponse) throws(AdminError) -> ControlReply {
    if !response.isPart { isAwaiting = false }
    switch response.result {
    case .failure(let fault): throw AdminError(ExitStatus(fault.code), fault.message, code: fault.code)
    case .success(let reply): return reply
    }
  }

  private func response(in line: [UInt8]) throws(AdminError) -> ControlResponse {
    let response: ControlResponse
    do throws(ControlDecodingError) {
      response = try ControlResponse(decoding: line)
    } catch {
      throw AdminError(
        .software,
        "the answer of \(theServer) is not understood: \(error.problem); is it of another version than this chat-admin?"
      )
    }
    // An answer under the id 0 is to a line that the server could not read, or to the connection as such.
    guard response.id == lastID || response.id == 0 else {
      throw AdminError(.software, "\(theServer) answered another request (\(response.id)) than this one (\(lastID))")
    }
    return response
  }

  /// Whether the server has closed the connection, or says what nobody asked for: then nothing is to be asked on it any more.
  /// Waits for nothing.
  var isOver: Bool { isAwaiting || (try? hasBytes(within_ms: 0)) ?? true }

  /// Waits until the server has closed the connection; false if it still holds it after `timeout_ms`, or at an interruption.
  mutating func awaitEnd(timeout_ms: Int32) -> Bool {
    let deadline_ns = SystemClock.monotonic_ns + Int64(timeout_ms) * 1_000_000
    while true {
      let left_ms = (deadline_ns - SystemClock.monotonic_ns + 999_999) / 1_000_000
      guard left_ms > 0, let isReadable = try? hasBytes(within_ms: Int32(left_ms)) else { return false }
      if interruption?.check() == true { return false }
      if !isReadable { continue }
      guard let bytes = try? socket.receive(upTo: Self.bytesARead), !bytes.isEmpty else { return true }
    }
  }

  /// What follows the answer up to the end of the connection, in pieces; one of `body` that throws ends it.
  mutating func takeRest(
    after request: ControlRequest, silence_ms_max: Int32, _ body: ([UInt8]) throws(AdminError) -> Void
  ) throws(AdminError) {
    repeat {
      let bytes = framer.takeAll()
      if !bytes.isEmpty { try body(bytes) }
    } while try awaitBytes(silence_ms_max: silence_ms_max, for: request)
  }

  private func send(_ line: [UInt8]) throws(Errno) {
    var rest = line[...]
    while !rest.isEmpty { rest = rest.dropFirst(try socket.send(rest) ?? 0) }
  }

  private mutating func answerLine(
    to request: ControlRequest, silence_ms_max: Int32?
  ) throws(AdminError) -> [UInt8] {
    while true {
      if case .line(let range) = framer.next() { return Array(framer.buffer[range]) }
      guard try awaitBytes(silence_ms_max: silence_ms_max, for: request) else { throw loss(at: request) }
    }
  }

  /// False when the server sends nothing more.
  private mutating func awaitBytes(silence_ms_max: Int32?, for request: ControlRequest) throws(AdminError) -> Bool {
    let deadline_ns = silence_ms_max.map { SystemClock.monotonic_ns + Int64($0) * 1_000_000 }
    do throws(Errno) {
      while true {
        let left_ms = deadline_ns.map { ($0 - SystemClock.monotonic_ns + 999_999) / 1_000_000 }
        guard left_ms ?? 1 > 0 else { break }
        // A signal ends a wait early without an event; stopping and resuming this process is one.
        guard try hasBytes(within_ms: left_ms.map { Int32($0) } ?? -1) else {
          if interruption?.check() == true { throw .interrupted }
          continue
        }
        let bytes = try socket.receive(upTo: Self.bytesARead) ?? []
        framer.append(bytes.span)
        return !bytes.isEmpty
      }
    } catch .interrupted {
      throw AdminError(.tryAgain, "not waited for any longer\(doubt(about: request))")
    } catch {
      return false
    }
    throw silence(of: silence_ms_max ?? 0, at: request)
  }

  /// The server says nothing more. One that ended as it should has taken its socket away.
  func loss(at request: ControlRequest) -> AdminError {
    let isLeft = ((try? File.statusIfPresent(place.socketPath)) ?? nil) != nil
    let before = request.isFollowing ? ", or nothing was read here for too long" : " before it answered"
    let how = isLeft ? "went away\(before), and may have crashed: see the end of its log" : "has stopped"
    return AdminError(.wentAway, "\(theServer) \(how)\(doubt(about: request))")
  }

  func silence(of silence_ms: Int32, at request: ControlRequest) -> AdminError {
    AdminError(
      .tryAgain,
      "\(theServer) has not answered for \(silence_ms / 1000) seconds; it is stopped or very busy: look at its log, "
        + "then try again\(doubt(about: request))")
  }

  /// Whether there is something to be read from the server, or its end.
  private func hasBytes(within_ms timeout_ms: Int32) throws(Errno) -> Bool {
    var isReadable = false
    try poller.wait(timeout_ms: timeout_ms) { event in
      if event.token == Self.socketToken { isReadable = true }
    }
    return isReadable
  }

  private var theServer: String {
    let process = serverID.map { " (process \($0))" } ?? ""
    return "the server\(process) at \(place.socketPath)"
  }

  private func doubt(about request: ControlRequest) -> String {
    if request == .top || request.isFollowing { return "" }
    return request.changesSomething
      ? "; whether '\(request.verb)' was done is not known" : "; '\(request.verb)' only asks and changes nothing"
  }
}

extension ControlRequest {
  /// Whether the answer goes on with what comes.
  var isFollowing: Bool { if case .readLog(let query) = self { query.isFollowing } else { false } }

  var isAnsweredWhenSaved: Bool {
    switch self {
    case .save, .stop: true
    default: false
    }
  }

  fileprivate var changesSomething: Bool {
    switch self {
    case .roomsList, .roomsInfo, .roomsMembers, .usersList, .usersInfo, .bansList, .sessionsList, .filesList, .readLog,
      .status, .top, .settingsShow, .backup, .check,
      .dryRun:
      false
    case .roomsCreate, .roomsDelete, .roomsSet, .roomsKick, .usersAdd, .usersPasswd, .usersSet, .usersDisable,
      .usersEnable, .usersDelete, .usersKick, .usersBan, .usersUnban, .usersMute, .usersUnmute, .bansAdd, .bansRemove,
      .sessionsClose, .filesDelete, .say, .save, .reload, .stop:
      true
    }
  }
}
