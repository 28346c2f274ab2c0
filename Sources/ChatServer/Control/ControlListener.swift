import ChatCore
import ChatProtocol
import POSIX

/// The control socket and its clients. What is asked goes to the core with a number of the loop's own; the answer finds
/// its client and the client's own id for it by that.
///
/// A client sees no answer before the records behind it stand: `flush` is told up to which turn they do.
struct ControlListener: ~Copyable {
  static let clientsMax = 64

  struct Call {
    let id: ControlID
    let request: ControlRequest
    let peer: ControlPeer
  }

  struct HandedOver {
    let client: ControlConnection
    /// What the client calls its request.
    let id: Int
  }

  let path: String
  private let timeouts: Timeouts
  private var listener: FileDescriptor
  /// The socket's file, as it was made; nil where somebody was faster and took it away.
  private var file: FileStatus?
  /// Why it cannot be made again, as far as the operator was told.
  private var problem: String?
  private var clients: [UInt64: ControlConnection] = [:]
  private var lastNumber: UInt64 = 0
  private var lastCall: UInt64 = 0
  /// Counts what clients do, to tell which has done nothing for the longest.
  private var lastActivity: UInt64 = 0
  /// Who waits for an answer: the client, and what it calls its request.
  private var calls: [ControlID: (client: UInt64, id: Int)] = [:]
  /// Clients of which a line may be looked at, and clients that have an answer to be sent.
  private var toDecode: [ControlConnection] = []
  private var toFlush: [ControlConnection] = []
  /// Who was closed because it did not read its answer, for the log.
  private var givenUp: [ControlPeer] = []
  /// Bytes of answers since the last flush.
  private var answeredBytes = 0
  /// Requests of which the next part of the answer may be made.
  private var ready: [ControlID] = []
  /// Requests for whose answers nobody waits any more.
  private var gone: [ControlID] = []
  /// No descriptor could be had for a client; nobody is let in until the next tick.
  private var isPaused = false
  /// A descriptor to give away when there is no other, so that the operator gets in; taken back as soon as there is one again.
  private var spare: FileDescriptor?
  /// Clients whose answer waits for the records behind it.
  private var held: [ControlConnection] = []
  /// The number that the turn under way will have.
  var turn: UInt64 = 1

  init(path: String, timeouts: Timeouts = Timeouts()) throws(SocketError) {
    self.path = path
    self.timeouts = timeouts
    listener = try ControlListener.listen(at: path)
    file = try? File.statusOfLink(path)
    keepSpare()
  }

  private static let socketMode: UInt32 = 0o600

  private static func listen(at path: String) throws(SocketError) -> FileDescriptor {
    try Socket.listenUnix(path: path, mode: socketMode)
  }

  /// Whether there is something to do without anybody having sent anything.
  var hasWork: Bool {
    !toDecode.isEmpty || !toFlush.isEmpty || !givenUp.isEmpty || !ready.isEmpty || !gone.isEmpty
  }
  var isFlushed: Bool { clients.values.allSatisfy { !$0.hasOutput } }

  func register(at poller: borrowing Poller) throws(Errno) {
    try poller.add(listener.rawValue, token: PollerToken.controlListener.token, interest: .readable)
  }

  /// Makes the socket anew where its file was removed, moved or replaced, and gives it its rights again, so that clients find it.
  /// Returns what the operator is to know, which is nothing as long as it stays so.
  mutating func repairSocket(_ poller: borrowing Poller) -> String? {
    if let status = ownFile {
      problem = nil
      if status.mode != ControlListener.socketMode { try? File.changeMode(path, ControlListener.socketMode) }
      return nil
    }
    do throws(SocketError) {
      let again = try ControlListener.listen(at: path)
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

  /// The file of that name, where it is the socket that is listened at.
  private var ownFile: FileStatus? {
    guard let file, let status = try? File.statusOfLink(path), status.isSocket, status.isSameFile(as: file) else {
      return nil
    }
    return status
  }

  /// The socket's file goes, so that whoever looks sees that no server is there. What else has the name by now stays.
  func removeSocket() {
    if ownFile != nil { try? File.unlink(path) }
  }

  // MARK: Clients

  /// `mayBeClosed` tells of a request that its client waits for what comes, and loses nothing if it is closed.
  mutating func accept(_ poller: borrowing Poller, mayBeClosed: (ControlID) -> Bool = { _ in false }) {
    // One for each event: more who wait are told of again at the next wait.
    let accepted: AcceptedConnection
    do throws(Errno) {
      guard let waiting = try acceptWaiting() else { return }
      accepted = waiting
    } catch {
      // The tick tries again.
      isPaused = true
      try? poller.modify(listener.rawValue, token: PollerToken.controlListener.token, interest: [])
      return
    }
    let descriptor = accepted.descriptor
    guard let credentials = try? descriptor.peerCredentials() else { return }
    let name = UserDatabase.name(of: credentials.userID) ?? "\(credentials.userID)"
    guard credentials.userID == CurrentProcess.userID || credentials.userID == 0 else {
      let owner = UserDatabase.name(of: CurrentProcess.userID) ?? "user id \(CurrentProcess.userID)"
      reject(
        descriptor, .notPermitted,
        "permission denied: the server runs as \(owner), you are \(name); run chat-admin as \(owner), for example with sudo"
      )
      return
    }
    guard clients.count < ControlListener.clientsMax || closeLongestIdle(poller, mayBeClosed) else {
      reject(descriptor, .busy, "\(ControlListener.clientsMax) are connected already; try again when one has left")
      return
    }
    lastNumber += 1
    let client = ControlConnection(
      number: lastNumber, descriptor: descriptor,
      peer: ControlPeer(user: name, uid: credentials.userID, pid: credentials.processID))
    let token = PollerToken.control(client.number).token
    guard (try? poller.add(client.descriptor.rawValue, token: token, interest: client.interest)) != nil else { return }
    noteActive(client)
    clients[client.number] = client
  }

  /// Some descriptors are kept from the clients of the chat. Where there is none all the same, the spare one is used.
  private mutating func acceptWaiting() throws(Errno) -> AcceptedConnection? {
    do {
      return try listener.accept()
    } catch {
      guard spare != nil else { throw error }
      spare = nil
      return try listener.accept()
    }
  }

  private mutating func keepSpare() {
    if spare == nil { spare = try? File.open("/dev/null", .readOnly) }
  }

  private mutating func noteActive(_ client: ControlConnection) {
    lastActivity += 1
    client.lastActivity = lastActivity
  }

  /// Consoles that somebody left open must not shut the operator out: makes room by closing the client that has asked
  /// nothing for the longest, or follows what happens. False where all of them wait for an answer.
  private mutating func closeLongestIdle(_ poller: borrowing Poller, _ mayBeClosed: (ControlID) -> Bool) -> Bool {
    var idle = clients.values.filter(\.isIdle)
    if idle.isEmpty { idle = clients.values.filter { $0.request.map(mayBeClosed) ?? false } }
    guard let client = idle.min(by: { $0.lastActivity < $1.lastActivity }) else { return false }
    reject(
      client.descriptor, .busy,
      "closed to let another in: \(ControlListener.clientsMax) were connected, and this one was idle or followed the longest; connect again"
    )
    close(client, poller)
    return true
  }

  private func reject(_ descriptor: borrowing FileDescriptor, _ code: ControlError.Code, _ sentence: String) {
    _ = try? descriptor.send(ControlResponse(id: 0, result: .failure(ControlError(code, sentence))).encode())
  }

  mutating func take(
    _ event: PollerEvent, of number: UInt64, _ poller: borrowing Poller, _ readBuffer: borrowing ReadBuffer
  ) {
    guard let client = clients[number] else { return }
    if event.isWritable { toFlush.append(client) }
    guard client.interest.contains(.readable) else {
      if event.isHangup || event.isError { close(client, poller) }
      return
    }
    switch readBuffer.receive(from: client.descriptor, { client.framer.append($0) }) {
    case .nothing: break
    case .lost: close(client, poller)
    case .end:
      client.inputEnded = true
      toDecode.append(client)
    case .bytes:
      noteActive(client)
      toDecode.append(client)
    }
  }

  /// The next request that is to be given to the core.
  mutating func nextCall(_ poller: borrowing Poller) -> Call? {
    // In the order in which they came: one whose request was taken is not heard again before its answer has left.
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
        reject(
          client.descriptor, .badRequest, "this is the control socket of a chat server, which does not speak \(foreign)"
        )
        close(client, poller)
        continue
      }
      if let call = call(of: frame, from: client) { return call }
    }
    return nil
  }

  /// What a client speaks that may be no client of ours: where the socket is reached through a tunnel or a proxy, a browser is one.
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
      answer(
        client, 0, .failure(ControlError(.badRequest, "a line has at most \(ControlConnection.lineBytesMax) bytes")))
      return nil
    }
    let mark = client.framer.buffer.span.extracting(range).byteOrderMarkCount
    let call = ControlCall(decoding: Array(client.framer.buffer[range].dropFirst(mark)))
    if call.id > 0 { client.hasSentJSON = true }
    switch call.request {
    case .failure(let fault):
      answer(client, call.id, .failure(fault))
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
    guard let (number, id) = calls[request], let client = clients[number] else { return }
    finish(request, client, ControlResponse(id: id, result: result).encode())
  }

  private mutating func finish(_ request: ControlID, _ client: ControlConnection, _ line: [UInt8]) {
    calls[request] = nil
    client.request = nil
    client.hasPart = false
    noteActive(client)
    send(line, to: client)
  }

  /// A part of an answer, nil where there is none yet. The request is among the `takeReady` of a later turn, once the
  /// client has taken this.
  mutating func reply(_ request: ControlID, part: ControlReply?) {
    guard let (number, id) = calls[request], let client = clients[number] else {
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

  /// What the log's desk has to tell.
  mutating func reply(_ request: ControlID, _ reply: LogReply) {
    guard let (number, id) = calls[request], let client = clients[number] else { return }
    switch reply {
    case .fault(let fault): self.reply(request, .failure(fault))
    case .last(let reply): finish(request, client, ControlResponse.line(id: id, reply: reply, isPart: false))
    case .part(let reply):
      client.hasPart = true
      send(ControlResponse.line(id: id, reply: reply, isPart: true), to: client)
    }
  }

  /// Lets go of a client that is sent what it asked for by somebody else from here on, which has all that went before; nil
  /// where it has gone.
  mutating func handOver(_ request: ControlID, _ poller: borrowing Poller) -> HandedOver? {
    guard let (number, id) = calls.removeValue(forKey: request), let client = clients.removeValue(forKey: number) else {
      return nil
    }
    try? poller.remove(client.descriptor.rawValue)
    return HandedOver(client: client, id: id)
  }

  /// The requests of which the next part of the answer is to be made.
  mutating func takeReady() -> [ControlID] {
    defer { ready = [] }
    return ready
  }

  /// The requests for whose answers nobody waits any more.
  mutating func takeGone() -> [ControlID] {
    defer { gone = [] }
    return gone
  }

  private mutating func answer(_ client: ControlConnection, _ id: Int, _ result: Result<ControlReply, ControlError>) {
    send(ControlResponse(id: id, result: result).encode(), to: client)
  }

  private mutating func send(_ line: [UInt8], to client: ControlConnection) {
    answeredBytes += line.count
    client.queue(line, in: turn)
    toFlush.append(client)
  }

  /// Sends what waits, of turns up to `standing`. Whoever has got all its answers may be heard again.
  mutating func flush(_ poller: borrowing Poller, upTo standing: UInt64, at now_ms: Int64) {
    answeredBytes = 0
    if toFlush.isEmpty && held.isEmpty { return }
    defer { dropLongest(poller) }
    let waiting = held + toFlush
    held.removeAll(keepingCapacity: true)
    for client in waiting where clients[client.number] === client {
      if client.turn > standing {
        held.append(client)
        continue
      }
      guard client.send() else {
        close(client, poller)
        continue
      }
      client.stalledSince_ms = client.hasOutput ? client.stalledSince_ms ?? now_ms : nil
      if client.isIdle { toDecode.append(client) }
      if client.hasPart, !client.hasOutput, let request = client.request {
        client.hasPart = false
        ready.append(request)
      }
      updateInterest(client, poller)
    }
    toFlush.removeAll(keepingCapacity: true)
  }

  /// Clients that do not read must not fill the memory: those with the longest answers are closed, until the others fit.
  private mutating func dropLongest(_ poller: borrowing Poller) {
    let waiting = clients.values.filter(\.hasOutput)
    guard waiting.count > 1 else { return }
    var bytes = waiting.reduce(0) { $0 + $1.heldBytes }
    guard bytes > timeouts.controlBytes else { return }
    for client in waiting.sorted(by: { $0.heldBytes > $1.heldBytes }).dropLast() {
      guard bytes > timeouts.controlBytes else { return }
      bytes -= client.heldBytes
      giveUp(client, poller)
    }
  }

  /// Closes the clients that were to be sent something: what it says did not come about.
  mutating func dropAnswers(_ poller: borrowing Poller) {
    for client in held + toFlush { close(client, poller) }
    held.removeAll()
    toFlush.removeAll()
  }

  /// About once a second.
  mutating func tick(at now_ms: Int64, _ poller: borrowing Poller) {
    keepSpare()
    if isPaused {
      isPaused = false
      try? poller.modify(listener.rawValue, token: PollerToken.controlListener.token, interest: .readable)
    }
    for client in clients.values {
      let timeout_ms = client.hasPart ? timeouts.controlPart_ms : timeouts.control_ms
      if let since = client.stalledSince_ms, now_ms - since >= timeout_ms { giveUp(client, poller) }
    }
  }

  private mutating func giveUp(_ client: ControlConnection, _ poller: borrowing Poller) {
    givenUp.append(client.peer)
    close(client, poller)
  }

  /// Those who were closed since the last time because they did not read.
  mutating func takeGivenUp() -> [ControlPeer] {
    defer { givenUp.removeAll() }
    return givenUp
  }

  private func updateInterest(_ client: ControlConnection, _ poller: borrowing Poller) {
    guard clients[client.number] === client else { return }
    var interest: Interest = []
    if !client.inputEnded, client.isIdle { interest.insert(.readable) }
    if client.hasOutput { interest.insert(.writable) }
    guard interest != client.interest else { return }
    client.interest = interest
    try? poller.modify(
      client.descriptor.rawValue, token: PollerToken.control(client.number).token, interest: interest)
  }

  private mutating func close(_ client: ControlConnection, _ poller: borrowing Poller) {
    guard clients.removeValue(forKey: client.number) != nil else { return }
    if let request = client.request {
      calls[request] = nil
      gone.append(request)
    }
    try? poller.remove(client.descriptor.rawValue)
  }
}
