import ChatCore
import ChatProtocol
import ChatStore
import POSIX

// From bytes to commands.
extension Server {
  /// A connection that is not decoded for the moment is read no further once this much waits.
  static let unreadBytesMax = 64 << 10
  /// While all together have sent more than may wait, a connection is read by so much at a time.
  static let smallReadBytes = 1 << 10
  /// How many connections a turn decodes at most.
  static let connectionsPerTurn = 1024
  /// What a turn may put out and write before the rest of what it was asked waits for the next one.
  static let turnBytesMax = 1 << 20
  /// The same for one connection, so that whoever asks for much takes turns with the others: an answer or two of those that take
  /// a tenth of a millisecond to make, or some fifty messages.
  static let connectionTurnBytesMax = 8 << 10

  /// One read of a connection that has something; the rest comes next turn, so that nobody is kept waiting by a flood.
  func read(_ connection: Connection, _ event: PollerEvent) {
    let isReading = connection.interest.contains(.readable)
    // Hangups cannot be masked: where nothing more is to be read, one means that nobody is there any more.
    if !isReading, event.isError || event.isHangup {
      scheduleClose(connection, .lost)
      return
    }
    // One that is still to be decoded is read when it has been.
    guard isReading, connection.phase != .closed, !connection.isToDecode else { return }
    let bytesMax = isUnreadTooMuch ? Server.smallReadBytes : ReadBuffer.size
    let result = readBuffer.receive(from: connection.descriptor, upTo: bytesMax) { bytes in
      guard connection.phase == .open else { return }
      connection.framer.append(bytes)
      // Counted exactly once it was decoded.
      connection.unreadBytes += bytes.count
      unreadBytes += bytes.count
    }
    switch result {
    case .nothing: return
    case .bytes: break
    case .end: connection.inputEnded = true
    case .lost:
      scheduleClose(connection, .lost)
      return
    }
    switch connection.phase {
    case .open: decodeLater(connection)
    case .draining: if connection.inputEnded { scheduleClose(connection, .lost) }
    case .closing, .transferring: updateInterest(connection)
    case .closed: break
    }
  }

  func decodeLater(_ connection: Connection) {
    guard !connection.isToDecode else { return }
    connection.isToDecode = true
    toDecode.append(connection)
  }

  /// Decodes what was read, and gives each command to the core before the next line is looked at: whether a session may
  /// go on, and in which dialect it is answered, depends on that.
  ///
  /// A turn that has heard or produced enough leaves the rest to the next one.
  func decode() {
    var unfinished: [Connection] = []
    var decoded = 0
    while decoded < Server.connectionsPerTurn, !isTurnFull, !isBackpressured, let connection = toDecode.popFirst() {
      decoded += 1
      // Before it is decoded: an answer that is refused at once may add the same connection again.
      connection.isToDecode = false
      if !decode(connection) { unfinished.append(connection) }
      if connection.phase != .closed { updateInterest(connection) }
    }
    for connection in unfinished { decodeLater(connection) }
  }

  /// What the server has put out so far, and what it is to write at the turn's end.
  var producedBytes: Int { outboxes.producedBytes + store.uncommittedBytes }
  var isTurnFull: Bool { producedBytes - producedBefore >= Server.turnBytesMax || turnWork >= Server.turnWorkMax }

  /// False where it is to be decoded further in the next turn.
  private func decode(_ connection: Connection) -> Bool {
    let full = min(producedBytes + Server.connectionTurnBytesMax, producedBefore + Server.turnBytesMax)
    let fullWork = min(turnWork + Server.connectionTurnWorkMax, Server.turnWorkMax)
    while connection.phase == .open, connection.closeReason == nil, !connection.isWaiting {
      guard mayDecode(connection) else {
        slow(connection)
        return true
      }
      guard let frame = connection.inputEnded ? connection.framer.finish() : connection.framer.next() else {
        connection.throttle.catchUp()
        if connection.inputEnded {
          scheduleClose(connection, .left)
        } else {
          closeIfForeign(connection, connection.framer.waiting.prefix(64), .begun)
        }
        return true
      }
      if closeIfForeign(connection, frame) { return true }
      connection.throttle.take(rate, at: clock.monotonic_us)
      connection.lastActive_us = clock.monotonic_us
      measuringWork(for: connection) { apply(input(of: frame, from: connection)) }
      if producedBytes >= full || turnWork >= fullWork { return false }
    }
    return true
  }

  /// Whoever speaks another protocol is told so and closed, and nothing that follows is looked at.
  private func closeIfForeign(_ connection: Connection, _ frame: LineFramer.Frame) -> Bool {
    switch frame {
    case .line(let range): closeIfForeign(connection, range, .whole)
    case .tooLong(let prefix): closeIfForeign(connection, prefix, .tooLong)
    }
  }

  @discardableResult
  private func closeIfForeign(
    _ connection: Connection, _ range: Range<Int>, _ extent: ForeignProtocol.Extent
  ) -> Bool {
    guard !connection.hasSentCommand,
      let foreign = ForeignProtocol(connection.framer.buffer.span.extracting(range), extent)
    else { return false }
    end(
      connection, reason: "speaks \(foreign.rawValue)",
      told: "This is a chat server, which does not speak \(foreign.rawValue). Connect with chat or nc.")
    return true
  }

  private func input(of frame: LineFramer.Frame, from connection: Connection) -> Input {
    let buffer = connection.framer.buffer
    switch frame {
    case .line(let range):
      if TelnetBytes.mayOccur(in: buffer.span.extracting(range)) { answerTelnet(connection, range) }
      switch CommandParser.parse(buffer.span.extracting(range)) {
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

  /// Where something is on its way to the client already, there is no place for the answer, and the client can do without.
  private func answerTelnet(_ connection: Connection, _ range: Range<Int>) {
    guard TelnetBytes.asksForTimingMark(connection.framer.buffer.span.extracting(range)),
      outboxes.waitingBytes(of: connection.id) == 0
    else { return }
    _ = try? connection.descriptor.send(TelnetBytes.refusedTimingMark)
  }

  /// Tells the poller what the connection wants to hear of, where that changed.
  func updateInterest(_ connection: Connection) {
    countUnread(connection)
    let isReadable: Bool
    switch connection.phase {
    case .open:
      let mayWait = connection.framer.bufferedBytes <= Server.unreadBytesMax && !isUnreadTooMuch
      isReadable = (mayWait || !isPaused(connection)) && !connection.inputEnded && connection.closeReason == nil
    case .draining: isReadable = true
    case .closing: isReadable = false
    case .transferring:
      if connection.isHandedOver { return }
      isReadable = false
    case .closed: return
    }
    let interest = Interest(readable: isReadable, writable: outboxes.hasBacklog(connection.id))
    guard interest != connection.interest else { return }
    connection.interest = interest
    try? poller.modify(
      connection.descriptor.rawValue, token: PollerToken.session(connection.id).token, interest: interest)
  }

  /// Keeps the sum of what was read and not decoded.
  func countUnread(_ connection: Connection) {
    let bytes = connection.phase == .open ? connection.framer.heldBytes : 0
    unreadBytes += bytes - connection.unreadBytes
    connection.unreadBytes = bytes
  }

  private var isUnreadTooMuch: Bool { settings.unreadBytes > 0 && unreadBytes > settings.unreadBytes }

  private func isPaused(_ connection: Connection) -> Bool {
    connection.isWaiting || connection.isThrottled
  }
}
