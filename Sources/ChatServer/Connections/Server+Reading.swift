import ChatCore
import ChatProtocol
import POSIX

// From bytes to commands.
extension Server {
  /// A connection that is not decoded for the moment is read no further once this much waits.
  private static let unreadBytesMax = 64 << 10

  /// One read of a connection that has something; the rest comes next turn, so that nobody is kept waiting by a flood.
  func read(_ connection: Connection, _ event: PollerEvent) {
    let isReading = connection.interest.contains(.readable)
    // Hangups cannot be masked: where nothing more is to be read, one means that nobody is there any more.
    if !isReading, event.isError || event.isHangup {
      lose(connection)
      return
    }
    guard isReading, connection.phase != .closed else { return }
    let result = readBuffer.receive(from: connection.descriptor) { bytes in
      if connection.phase == .open { connection.framer.append(bytes) }
    }
    switch result {
    case .nothing: return
    case .bytes: break
    case .end: connection.inputEnded = true
    case .lost:
      lose(connection)
      return
    }
    switch connection.phase {
    case .open: decodeLater(connection)
    case .draining: if connection.inputEnded { closeNow(connection) }
    case .closing: updateInterest(connection)
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
  func decode() {
    // By index: an answer that is refused at once may add the same connection again.
    var index = 0
    while index < toDecode.count {
      let connection = toDecode[index]
      index += 1
      connection.isToDecode = false
      decode(connection)
      if connection.phase != .closed { updateInterest(connection) }
    }
    toDecode.removeAll(keepingCapacity: true)
  }

  private func decode(_ connection: Connection) {
    while connection.phase == .open, !connection.isWaiting {
      guard connection.throttle.allows(rate, at: clock.monotonic_us) else {
        slow(connection)
        return
      }
      guard let frame = connection.inputEnded ? connection.framer.finish() : connection.framer.next() else {
        connection.throttle.catchUp()
        if connection.inputEnded { end(connection, reason: "connection closed", told: "Bye.") }
        return
      }
      connection.throttle.take(rate, at: clock.monotonic_us)
      connection.lastActive = clock.now
      apply(input(of: frame, from: connection))
    }
  }

  private func input(of frame: LineFramer.Frame, from connection: Connection) -> Input {
    let buffer = connection.framer.buffer
    switch frame {
    case .line(let range):
      switch CommandParser.parse(buffer.span.extracting(range)) {
      case .success(let command):
        let entropy = command.needsEntropy ? Entropy(Random.bytes(32)) : .none
        return .command(connection.id, command, entropy: entropy)
      case .failure(let fault): return .fault(connection.id, fault)
      }
    case .tooLong(let prefix):
      return .fault(
        connection.id, CommandParser.tooLong(prefix: buffer.span.extracting(prefix), limit: settings.lineBytes))
    }
  }

  /// Tells the poller what the connection wants to hear of, where that changed.
  func updateInterest(_ connection: Connection) {
    let isReadable: Bool
    switch connection.phase {
    case .open:
      let mayRead = connection.framer.bufferedBytes <= Server.unreadBytesMax || !isPaused(connection)
      isReadable = mayRead && !connection.inputEnded
    case .draining: isReadable = true
    case .closing: isReadable = false
    case .closed: return
    }
    let interest = Interest(readable: isReadable, writable: outboxes.hasBacklog(connection.id))
    guard interest != connection.interest else { return }
    connection.interest = interest
    try? poller.modify(
      connection.descriptor.rawValue, token: Registration.session(connection.id).token, interest: interest)
  }

  private func isPaused(_ connection: Connection) -> Bool {
    connection.isWaiting || connection.throttle.slowedSince_us != nil
  }
}
