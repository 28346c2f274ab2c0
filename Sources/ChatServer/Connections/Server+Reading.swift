import ChatCore
import ChatProtocol
import ChatStore
import POSIX

// From bytes to commands.
extension Server {
  /// A connection that is not decoded for now is read no further once this much is buffered.
  static let unreadBytesMax = 64 << 10
  /// While all together have sent more than may be buffered, each read takes this much.
  static let smallReadBytes = 1 << 10
  /// How many connections a turn decodes at most.
  static let connectionsPerTurn = 1024
  /// What a turn may send and write before the remaining commands wait for the next one.
  static let turnBytesMax = 1 << 20
  /// The same for one connection: an answer or two that take a tenth of a millisecond to make, or some fifty messages.
  static let connectionTurnBytesMax = 8 << 10

  /// One read of a connection that is ready. The rest comes next turn, so that a flood does not delay others.
  func read(_ connection: Connection, _ event: PollerEvent) {
    let isReading = connection.interest.contains(.readable)
    // The poller always reports hangups: one on a connection that is not read means that the client is gone.
    if !isReading, event.isError || event.isHangup {
      scheduleClose(connection, .lost)
      return
    }
    // One that is still to be decoded is read afterwards.
    guard isReading, connection.phase != .closed, !connection.isToDecode else { return }
    let bytesMax = isUnreadTooMuch ? Server.smallReadBytes : connection.transport.readBytesMax
    let result = connection.transport.receive(into: readBuffer, upTo: bytesMax) { bytes in
      guard connection.phase == .open else { return }
      connection.framer.append(bytes)
      // An estimate until it is decoded.
      connection.unreadBytes += bytes.count
      unreadBytes += bytes.count
    }
    chargeTransport(of: connection)
    switch result {
    case .nothing:
      // The transport may have something to send of its own.
      updateInterest(connection)
      return
    case .bytes: if connection.transport.inputHasEnded { connection.inputEnded = true }
    case .end: connection.inputEnded = true
    case .truncated:
      connection.inputEnded = true
      connection.isInputTruncated = true
    case .lost:
      scheduleClose(connection, .lost)
      return
    }
    switch connection.phase {
    case .open: enqueueDecode(connection)
    case .draining: if connection.inputEnded { scheduleClose(connection, .lost) }
    case .closing, .transferring: updateInterest(connection)
    case .closed: break
    }
  }

  /// The kernel takes bytes again.
  func continueSending(_ connection: Connection) {
    if connection.transport.sendWaiting() {
      outboxes.markWritable(connection.id)
      updateInterest(connection)
    } else {
      scheduleClose(connection, .lost)
    }
  }

  func enqueueDecode(_ connection: Connection) {
    guard !connection.isToDecode else { return }
    connection.isToDecode = true
    toDecode.append(connection)
  }

  /// Decodes what was read. The core gets each command before the next line is decoded: that may change the dialect, or make the
  /// session wait. A turn that has done enough leaves the rest to the next one.
  func decode() {
    var unfinished: [Connection] = []
    var decoded = 0
    while decoded < Server.connectionsPerTurn, !isTurnFull, !isBackpressured, let connection = toDecode.popFirst() {
      decoded += 1
      // Before it is decoded: an answer that comes at once may enqueue the same connection again.
      connection.isToDecode = false
      if !decode(connection) { unfinished.append(connection) }
      if connection.phase != .closed { updateInterest(connection) }
    }
    for connection in unfinished { enqueueDecode(connection) }
  }

  /// What the server has queued so far, and what it is to write at the turn's end.
  var producedBytes: Int { outboxes.producedBytes + store.uncommittedBytes }
  var isTurnFull: Bool { producedBytes - producedBefore >= Server.turnBytesMax || turnWork >= Server.turnWorkMax }

  /// False when the next turn continues with it.
  private func decode(_ connection: Connection) -> Bool {
    let full = min(producedBytes + Server.connectionTurnBytesMax, producedBefore + Server.turnBytesMax)
    let fullWork = min(turnWork + Server.connectionTurnWorkMax, Server.turnWorkMax)
    while connection.phase == .open, connection.closeReason == nil, !connection.isWaiting {
      guard mayDecode(connection) else {
        throttle(connection)
        return true
      }
      guard let frame = nextFrame(of: connection) else {
        connection.throttle.markCaughtUp()
        if connection.inputEnded {
          scheduleClose(connection, .left)
        } else {
          closeIfForeign(connection, connection.framer.waiting.prefix(64), .begun)
        }
        return true
      }
      if closeIfForeign(connection, frame) { return true }
      connection.throttle.count(rate, at: clock.instant)
      connection.lastActive = clock.instant
      measuringWork(for: connection) { apply(input(of: frame, from: connection)) }
      if producedBytes >= full || turnWork >= fullWork { return false }
    }
    return true
  }

  private func nextFrame(of connection: Connection) -> LineFramer.Frame? {
    connection.inputEnded && !connection.isInputTruncated ? connection.framer.finish() : connection.framer.next()
  }

  private func closeIfForeign(_ connection: Connection, _ frame: LineFramer.Frame) -> Bool {
    switch frame {
    case .line(let range): closeIfForeign(connection, range, .whole)
    case .tooLong(let prefix): closeIfForeign(connection, prefix, .tooLong)
    }
  }

  /// Closes a client that speaks another protocol, with one line that says so.
  @discardableResult
  private func closeIfForeign(
    _ connection: Connection, _ range: Range<Int>, _ extent: ForeignProtocol.Extent
  ) -> Bool {
    guard !connection.hasSentCommand,
      let foreign = ForeignProtocol(connection.framer.buffer.span.extracting(range), extent)
    else { return false }
    disconnect(
      connection, reason: "speaks \(foreign.rawValue)",
      message: "This is a chat server, which does not speak \(foreign.rawValue). Connect with chat or nc.")
    return true
  }

  private func input(of frame: LineFramer.Frame, from connection: Connection) -> Input {
    let buffer = connection.framer.buffer
    switch frame {
    case .line(let range):
      if TelnetBytes.mayOccur(in: buffer.span.extracting(range)) { answerTelnet(connection, range) }
      switch outboxes.dialect(of: connection.id).parse(buffer.span.extracting(range)) {
      case .success(let command):
        if case .message = command {} else { connection.hasSentCommand = true }
        return .command(connection.id, command)
      case .failure(let error): return .invalidCommand(connection.id, error)
      }
    case .tooLong(let prefix):
      return .invalidCommand(
        connection.id, CommandParser.tooLong(prefix: buffer.span.extracting(prefix), limit: settings.lineBytes))
    }
  }

  /// Answers Telnet's question, unless other output is on its way: then the answer has no place, and the client can do without it.
  private func answerTelnet(_ connection: Connection, _ range: Range<Int>) {
    guard connection.transport.carriesTelnet,
      TelnetBytes.asksForTimingMark(connection.framer.buffer.span.extracting(range)),
      outboxes.waitingBytes(of: connection.id) == 0
    else { return }
    let answer = TelnetBytes.refusedTimingMark
    _ = connection.transport.send(answer.span)
  }

  /// Tells the poller what the connection needs, if that changed.
  func updateInterest(_ connection: Connection) {
    countUnread(connection)
    let isReading: Bool
    switch connection.phase {
    case .open:
      let mayBuffer = connection.framer.bufferedBytes <= Server.unreadBytesMax && !isUnreadTooMuch
      let isPaused = connection.isWaiting || connection.isThrottled
      isReading =
        (mayBuffer || !isPaused) && !connection.isReadingPaused && !connection.inputEnded
        && connection.closeReason == nil
    case .draining: isReading = true
    case .closing: isReading = false
    case .transferring:
      if connection.isHandedOver { return }
      isReading = false
    case .closed: return
    }
    let interest = connection.transport.interest(
      reading: isReading, writing: outboxes.hasBacklog(connection.id))
    guard interest != connection.interest else { return }
    connection.interest = interest
    connection.transport.update(at: poller, .session(connection.id), interest)
  }

  /// Keeps the sum of what was read and not decoded.
  func countUnread(_ connection: Connection) {
    let bytes = connection.phase == .open ? connection.framer.heldBytes : 0
    unreadBytes += bytes - connection.unreadBytes
    connection.unreadBytes = bytes
  }

  private var isUnreadTooMuch: Bool { settings.unreadBytes > 0 && unreadBytes > settings.unreadBytes }
}
