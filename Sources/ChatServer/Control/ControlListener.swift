import ChatCore
import ChatProtocol
import POSIX

/// The control socket and its clients. The core gets each request with a number of the loop's own; the reply finds
/// its client, and the client's own id for the request, by that number.
///
/// No answer is sent before the records behind it are durable: `flush` gets the last turn whose records are.
struct ControlListener: ~Copyable {
  static let clientsMax = 64
  private static let socketMode: UInt32 = 0o600

  struct Call {
    let id: ControlID
    let request: ControlRequest
    let peer: ControlPeer
  }

  struct HandedOver {
    let connection: ControlConnection
    /// The client's own id for its request.
    let id: Int
  }

  let path: String
  private let timeouts: Timeouts
  private var listener: FileDescriptor
  /// The socket's file as it was created; nil where something removed it at once.
  private var file: FileStatus?
  /// Why it cannot be created again, as it was last logged.
  private var problem: String?
  private var clients: [UInt64: ControlConnection] = [:]
  private var lastNumber: UInt64 = 0
  private var lastCall: UInt64 = 0
  /// Counts what clients do, to find the one that has been idle for the longest.
  private var lastActivity: UInt64 = 0
  /// The requests in progress: the client, and its own id for the request.
  private var calls: [ControlID: (client: UInt64, id: Int)] = [:]
  /// Clients that may have a line to be decoded, and clients that have output.
  private var toDecode: [ControlConnection] = []
  private var toFlush: [ControlConnection] = []
  /// Clients whose output waits for the records behind it.
  private var held: [ControlConnection] = []
  /// Clients that were closed because they did not read, for the log.
  private var unresponsive: [ControlPeer] = []
  /// Bytes of answers since the last flush.
  private var answeredBytes = 0
  /// Requests of which the next part of the answer may be made.
  private var ready: [ControlID] = []
  /// Requests whose client is gone.
  private var gone: [ControlID] = []
  /// No descriptor was free for a client; the next tick tries again.
  private var isPaused = false
  /// A descriptor that is closed when there is no other, so that the operator can connect.
  private var spare: FileDescriptor?
  /// The number of the current turn.
  var turn: UInt64 = 1

  init(path: String, timeouts: Timeouts = Timeouts()) throws(SocketError) {
    self.path = path
    self.timeouts = timeouts
    listener = try Socket.listenUnix(path: path, mode: ControlListener.socketMode)
    file = try? File.statusOfLink(path)
    openSpare()
  }

  /// Whether there is something to do without any event.
  var hasWork: Bool {
    !toDecode.isEmpty || !toFlush.isEmpty || !unresponsive.isEmpty || !ready.isEmpty || !gone.isEmpty
  }
  var isFlushed: Bool { clients.values.allSatisfy { !$0.hasOutput } }

  func register(at poller: borrowing Poller) throws(Errno) {
    try poller.add(listener.rawValue, token: PollerToken.controlListener.rawValue, interest: .readable)
  }

  /// Creates the socket again where its file was removed, moved or replaced, and restores its mode. Returns what the operator should know:
  /// nothing while that stays the same.
  mutating func repairSocket(_ poller: borrowing Poller) -> String? {
    if let status = ownFile {
      problem = nil
      if status.mode != ControlListener.socketMode { try? File.changeMode(path, ControlListener.socketMode) }
      return nil
    }
    do throws(SocketError) {
      let again = try Socket.listenUnix(path: path, mode: ControlListener.socketMode)
      try? poller.remove(listener.rawValue)
      listener = again
      file = try? File.statusOfLink(path)
      isPaused = false
      try? register(at: poller)
      problem = nil
      return "the control socket was gone and is there again: \(path)"
    } catch {
      let words = ServerError.control(error).description
      defer { problem = words }
      return words == problem ? nil : "chat-admin cannot connect: \(words)"
    }
  }

  /// The file of that name, if it is the socket of this server.
  private var ownFile: FileStatus? {
    guard let file, let status = try? File.statusOfLink(path), status.isSocket, status.isSameFile(as: file) else {
      return nil
    }
    return status
  }

  /// Removes the socket's file, which shows that no server runs. Another file of that name stays.
  func removeSocket() {
    if ownFile != nil { try? File.unlink(path) }
  }

  // MARK: Clients

  /// `mayBeClosed`: whether a request only waits for news, so that its client loses nothing when it is closed.
  mutating func accept(_ poller: borrowing Poller, mayBeClosed: (ControlID) -> Bool = { _ in false }) {
    // One for each event: the next wait reports the others again.
    let accepted: AcceptedConnection
    do throws(Errno) {
      guard let waiting = try acceptWaiting() else { return }
      accepted = waiting
    } catch {
      isPaused = true
      try? poller.modify(listener.rawValue, token: PollerToken.controlListener.rawValue, interest: [])
      return
    }
    let transport = Transport(.plain, accepted.descriptor)
    guard let credentials = transport.peerCredentials else { return }
    let name = UserDatabase.name(of: credentials.userID) ?? "\(credentials.userID)"
    guard credentials.userID == CurrentProcess.userID || credentials.userID == 0 else {
      let owner = UserDatabase.name(of: CurrentProcess.userID) ?? "user id \(CurrentProcess.userID)"
      refuse(
        transport, .notPermitted,
        "permission denied: the server runs as \(owner), you are \(name); run chat-admin as \(owner), for example with sudo"
      )
      return
    }
    guard clients.count < ControlListener.clientsMax || closeLongestIdle(poller, mayBeClosed) else {
      refuse(transport, .busy, "\(ControlListener.clientsMax) are connected already; try again when one has left")
      return
    }
    lastNumber += 1
    let client = ControlConnection(
      number: lastNumber, transport: transport,
      peer: ControlPeer(user: name, uid: credentials.userID, pid: credentials.processID))
    do throws(Errno) {
      try client.transport.register(at: poller, .control(client.number), client.interest)
    } catch {
      return
    }
    markActive(client)
    clients[client.number] = client
  }

  /// Some descriptors are reserved from the clients of the chat. Where there is none all the same, the spare one is used.
  private mutating func acceptWaiting() throws(Errno) -> AcceptedConnection? {
    do {
      return try listener.accept()
    } catch {
      guard spare != nil else { throw error }
      spare = nil
      return try listener.accept()
    }
  }

  private mutating func openSpare() {
    if spare == nil { spare = try? File.open("/dev/null", .readOnly) }
  }

  private mutating func markActive(_ client: ControlConnection) {
    lastActivity += 1
    client.lastActivity = lastActivity
  }

  /// Open consoles must not lock the operator out: closes the client that has asked nothing for the longest, or only follows the log.
  /// False where all of them wait for an answer.
  private mutating func closeLongestIdle(_ poller: borrowing Poller, _ mayBeClosed: (ControlID) -> Bool) -> Bool {
    var idle = clients.values.filter(\.isIdle)
    if idle.isEmpty { idle = clients.values.filter { $0.request.map(mayBeClosed) ?? false } }
    guard let client = idle.min(by: { $0.lastActivity < $1.lastActivity }) else { return false }
    refuse(
      client.transport, .busy,
      "closed to let another in: \(ControlListener.clientsMax) were connected, and this one was idle or followed the longest; connect again"
    )
    close(client, poller)
    return true
  }

  private func refuse(_ transport: borrowing Transport, _ code: ControlError.Code, _ message: String) {
    let line = ControlResponse(id: 0, result: .failure(ControlError(code, message))).encode()
    _ = transport.send(line.span)
  }

  mutating func read(
    _ event: PollerEvent, of number: UInt64, _ poller: borrowing Poller, _ readBuffer: borrowing ReadBuffer
  ) {
    guard let client = clients[number] else { return }
    if event.isWritable { toFlush.append(client) }
    guard client.interest.contains(.readable) else {
      if event.isHangup || event.isError { close(client, poller) }
      return
    }
    switch client.transport.receive(into: readBuffer, { client.framer.append($0) }) {
    case .nothing: break
    case .lost: close(client, poller)
    case .end, .truncated:
      client.inputEnded = true
      toDecode.append(client)
    case .bytes:
      markActive(client)
      toDecode.append(client)
    }
  }

  // MARK: Requests

  /// The next request for the core.
  mutating func nextCall(_ poller: borrowing Poller) -> Call? {
    // In the order in which they came: a client is not decoded again before its answer has left.
    while answeredBytes < timeouts.controlBytes, let client = toDecode.first {
      guard clients[client.number] === client, client.isIdle else {
        toDecode.removeFirst()
        updateInterest(client, poller)
        continue
      }
      guard let frame = client.inputEnded ? client.framer.finish() : client.framer.next() else {
        toDecode.removeFirst()
        if client.inputEnded { close(client, poller) }
        continue
      }
      if let foreign = foreignProtocol(of: frame, from: client) {
        refuse(
          client.transport, .badRequest, "this is the control socket of a chat server, which does not speak \(foreign)")
        close(client, poller)
        continue
      }
      if let call = call(of: frame, from: client) { return call }
    }
    return nil
  }

  /// Another protocol that the client speaks: through a tunnel or a proxy it may be a browser.
  private func foreignProtocol(of frame: LineFramer.Frame, from client: ControlConnection) -> String? {
    if client.hasSentJSON { return nil }
    let (range, extent): (Range<Int>, ForeignProtocol.Extent) =
      switch frame {
      case .line(let range): (range, .whole)
      case .tooLong(let prefix): (prefix, .tooLong)
      }
    let buffer = client.framer.buffer
    return ForeignProtocol(buffer.span.extracting(range), extent)?.rawValue
  }

  private mutating func call(of frame: LineFramer.Frame, from client: ControlConnection) -> Call? {
    guard case .line(let range) = frame else {
      let error = ControlError(.badRequest, "a line has at most \(ControlConnection.lineBytesMax) bytes")
      send(ControlResponse(id: 0, result: .failure(error)).encode(), to: client)
      return nil
    }
    let mark = client.framer.buffer.span.extracting(range).byteOrderMarkCount
    let call = ControlCall(decoding: Array(client.framer.buffer[range].dropFirst(mark)))
    if call.id > 0 { client.hasSentJSON = true }
    switch call.request {
    case .failure(let error):
      send(ControlResponse(id: call.id, result: .failure(error)).encode(), to: client)
      return nil
    case .success(let request):
      lastCall += 1
      let id = ControlID(lastCall)
      calls[id] = (client.number, call.id)
      client.request = id
      return Call(id: id, request: request, peer: client.peer)
    }
  }

  // MARK: Answers

  /// The last of an answer.
  mutating func reply(_ request: ControlID, _ result: Result<ControlReply, ControlError>) {
    guard let (client, id) = client(of: request) else { return }
    finish(request, client, ControlResponse(id: id, result: result).encode())
  }

  /// A part of an answer, nil where there is none yet. The request is among the `takeReady` of a later turn, once the
  /// client has taken this.
  mutating func reply(_ request: ControlID, part: ControlReply?) {
    guard let (client, id) = client(of: request) else {
      gone.append(request)
      return
    }
    guard let part else {
      ready.append(request)
      return
    }
    client.hasPart = true
    send(ControlResponse(id: id, part: part).encode(), to: client)
  }

  /// Of `LogService`.
  mutating func reply(_ request: ControlID, _ reply: LogReply) {
    guard let (client, id) = client(of: request) else { return }
    switch reply {
    case .fault(let error): self.reply(request, .failure(error))
    case .last(let reply): finish(request, client, ControlResponse.line(id: id, reply: reply, isPart: false))
    case .part(let reply):
      client.hasPart = true
      send(ControlResponse.line(id: id, reply: reply, isPart: true), to: client)
    }
  }

  private func client(of request: ControlID) -> (ControlConnection, id: Int)? {
    guard let (number, id) = calls[request], let client = clients[number] else { return nil }
    return (client, id)
  }

  private mutating func finish(_ request: ControlID, _ client: ControlConnection, _ line: [UInt8]) {
    calls[request] = nil
    client.request = nil
    client.hasPart = false
    markActive(client)
    send(line, to: client)
  }

  private mutating func send(_ line: [UInt8], to client: ControlConnection) {
    answeredBytes += line.count
    client.queue(line, in: turn)
    toFlush.append(client)
  }

  /// Gives a client away: something else answers its request. nil where it is gone.
  mutating func handOver(_ request: ControlID, _ poller: borrowing Poller) -> HandedOver? {
    guard let (number, id) = calls.removeValue(forKey: request), let client = clients.removeValue(forKey: number) else {
      return nil
    }
    client.transport.unregister(from: poller)
    return HandedOver(connection: client, id: id)
  }

  /// The requests of which the next part of the answer is to be made.
  mutating func takeReady() -> [ControlID] {
    defer { ready = [] }
    return ready
  }

  /// The requests whose client is gone.
  mutating func takeGone() -> [ControlID] {
    defer { gone = [] }
    return gone
  }

  /// The clients that were closed since the last call because they did not read.
  mutating func takeUnresponsive() -> [ControlPeer] {
    defer { unresponsive = [] }
    return unresponsive
  }

  // MARK: The end of a turn

  /// Sends the output of turns up to `durableTurn`.
  mutating func flush(_ poller: borrowing Poller, upTo durableTurn: UInt64, at now: Instant) {
    answeredBytes = 0
    if toFlush.isEmpty && held.isEmpty { return }
    defer { closeLargest(poller) }
    let waiting = held + toFlush
    held.removeAll(keepingCapacity: true)
    for client in waiting where clients[client.number] === client {
      if client.turn > durableTurn {
        held.append(client)
        continue
      }
      guard client.send() else {
        close(client, poller)
        continue
      }
      client.stalledSince = client.hasOutput ? client.stalledSince ?? now : nil
      if client.isIdle { toDecode.append(client) }
      if client.hasPart, !client.hasOutput, let request = client.request {
        client.hasPart = false
        ready.append(request)
      }
      updateInterest(client, poller)
    }
    toFlush.removeAll(keepingCapacity: true)
  }

  /// Clients that do not read must not fill the memory: closes those with the longest answers until the others fit.
  private mutating func closeLargest(_ poller: borrowing Poller) {
    let waiting = clients.values.filter(\.hasOutput)
    guard waiting.count > 1 else { return }
    var bytes = waiting.reduce(0) { $0 + $1.heldBytes }
    guard bytes > timeouts.controlBytes else { return }
    for client in waiting.sorted(by: { $0.heldBytes > $1.heldBytes }).dropLast() {
      guard bytes > timeouts.controlBytes else { return }
      bytes -= client.heldBytes
      closeUnresponsive(client, poller)
    }
  }

  /// Closes the clients that have output: the turn behind it was voided.
  mutating func dropAnswers(_ poller: borrowing Poller) {
    for client in held + toFlush { close(client, poller) }
    held.removeAll()
    toFlush.removeAll()
  }

  /// About once a second.
  mutating func tick(at now: Instant, _ poller: borrowing Poller) {
    openSpare()
    if isPaused {
      isPaused = false
      try? poller.modify(listener.rawValue, token: PollerToken.controlListener.rawValue, interest: .readable)
    }
    for client in clients.values {
      let timeout = client.hasPart ? timeouts.controlPart : timeouts.control
      if let since = client.stalledSince, now >= since + timeout { closeUnresponsive(client, poller) }
    }
  }

  private mutating func closeUnresponsive(_ client: ControlConnection, _ poller: borrowing Poller) {
    unresponsive.append(client.peer)
    close(client, poller)
  }

  private func updateInterest(_ client: ControlConnection, _ poller: borrowing Poller) {
    guard clients[client.number] === client else { return }
    let interest = client.transport.interest(reading: !client.inputEnded && client.isIdle, writing: client.hasOutput)
    guard interest != client.interest else { return }
    client.interest = interest
    client.transport.update(at: poller, .control(client.number), interest)
  }

  private mutating func close(_ client: ControlConnection, _ poller: borrowing Poller) {
    guard clients.removeValue(forKey: client.number) != nil else { return }
    if let request = client.request {
      calls[request] = nil
      gone.append(request)
    }
    client.transport.unregister(from: poller)
  }
}
