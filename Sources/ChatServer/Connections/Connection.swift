import ChatCore
import ChatProtocol
import POSIX

/// A client's connection, as long as its transport is open. `Outboxes` holds what is still to be sent to it.
final class Connection {
  enum Phase {
    /// The core knows it as a session.
    case open
    /// The core has forgotten it. What was queued goes out, then a transfer uses the connection.
    case transferring
    /// The core has forgotten it. What was queued goes out.
    case closing
    /// All is sent, and the end with it. The server waits for the client's end: input that arrives after the close would
    /// make the kernel discard what the client has not read yet.
    case draining
    case closed
  }

  let id: SessionID
  let transport: Transport
  /// The client's IP address.
  let address: String
  /// What all connections of this address together may do.
  let quota: AddressQuota
  var phase = Phase.open
  var framer: LineFramer
  /// Its part of `Server.unreadBytes`.
  var unreadBytes = 0
  /// It has sent a valid command, so it does not speak another protocol.
  var hasSentCommand = false
  /// The client sends nothing more.
  var inputEnded = false
  /// The end may have been cut off: the last line counts only if it is whole.
  var isInputTruncated = false
  /// Set while it is in `Server.departing`; nothing more is decoded.
  var closeReason: CloseReason?
  /// An answer from a helper thread is pending; no line is decoded until it comes.
  var isWaiting = false
  /// It is in `Server.toDecode`.
  var isToDecode = false
  var throttle = Throttle()
  /// No line is decoded until then, because its address has used more work than it may.
  var throttledUntil = Instant.distantPast
  /// Nothing is read until `throttledUntil`: decrypting what it sends is work as well.
  var isReadingPaused = false
  /// It is in `Server.throttled`.
  var isThrottled = false
  /// Set while it is `transferring` and the transfer has not ended.
  var transfer: Transfer?
  /// What came behind the line that began the transfer.
  var firstBytes: [UInt8] = []
  /// When the wait for the transfer to begin ends.
  var handOverDeadline = Instant.distantFuture
  /// A helper thread moves its bytes; the poller does not know it.
  var isHandedOver = false
  /// What is registered at the poller.
  var interest: Interest = []
  /// When its last line came.
  var lastActive: Instant
  /// When it must have logged in.
  var loginDeadline = Instant.distantFuture

  var network: Network { quota.network }
  var isLost: Bool { if case .lost = closeReason { true } else { false } }

  init(
    id: SessionID, transport: consuming Transport, address: String, quota: AddressQuota, lineBytesMax: Int,
    now: Instant
  ) {
    self.id = id
    self.transport = transport
    self.address = address
    self.quota = quota
    framer = LineFramer(lineBytesMax: lineBytesMax)
    lastActive = now
  }
}

/// Why a connection is to be closed.
enum CloseReason {
  /// The client closed its side, and all its lines are done.
  case left
  /// The connection is broken or timed out; nothing more reaches the client.
  case lost
  /// More output waits for the client than may.
  case tooSlow
  /// It sent too much for too long.
  case flood
  /// It did not log in in time.
  case loginTimeout
  /// The core closes many at once.
  case closed(reason: String, message: String)
}

/// The open connections, by the slot of their session.
struct ConnectionTable {
  private var connections: [Connection?] = []
  /// The generation of the newest session. Sessions are counted, whatever slot they have.
  private var generation: UInt32 = 0
  private var free: [Int32] = []
  private(set) var count = 0

  subscript(id: SessionID) -> Connection? {
    guard Int(id.slot) < connections.count, let connection = connections[Int(id.slot)], connection.id == id else {
      return nil
    }
    return connection
  }

  /// The one that has the slot now.
  subscript(slot slot: Int32) -> Connection? { connections[Int(slot)] }

  var all: [Connection] { connections.compactMap(\.self) }

  /// A slot for the next session; `insert` follows.
  mutating func nextID() -> SessionID {
    let slot: Int32
    if let last = free.popLast() {
      slot = last
    } else {
      slot = Int32(connections.count)
      connections.append(nil)
    }
    // 31 bits, because `PollerToken` uses the last one; never 0, which marks an empty slot.
    generation = generation == 0x7FFF_FFFF ? 1 : generation + 1
    return SessionID(slot: slot, generation: generation)
  }

  mutating func insert(_ connection: Connection) {
    precondition(connections[Int(connection.id.slot)] == nil, "a slot has one connection at a time")
    connections[Int(connection.id.slot)] = connection
    connection.quota.connectionCount += 1
    count += 1
  }

  mutating func remove(_ connection: Connection) {
    precondition(self[connection.id] === connection, "the connection is in the table")
    connections[Int(connection.id.slot)] = nil
    free.append(connection.id.slot)
    count -= 1
    connection.quota.connectionCount -= 1
  }
}

/// Names a registration at the poller.
///
/// A session's token holds its generation beside its slot: an event that was fetched before its connection closed finds
/// no connection, even if another one has the slot by then.
enum PollerToken: Equatable {
  case controlListener
  case inbox
  case signals
  /// By its place among the server's listeners.
  case listener(Int)
  case session(SessionID)
  case control(UInt64)
  case opening(UInt64)

  private static let controlBit: UInt64 = 1 << 63
  /// Beside the control bit, which no session has.
  private static let openingBit: UInt64 = 1 << 62
  private static let firstListener: UInt64 = 16

  var rawValue: UInt64 {
    switch self {
    case .controlListener: 1
    case .inbox: 2
    case .signals: 3
    case .listener(let index): PollerToken.firstListener + UInt64(index)
    case .session(let id): UInt64(id.generation) << 32 | UInt64(UInt32(bitPattern: id.slot))
    case .control(let number): PollerToken.controlBit | number
    case .opening(let number): PollerToken.controlBit | PollerToken.openingBit | number
    }
  }

  init(rawValue: UInt64) {
    if rawValue & PollerToken.controlBit != 0 {
      let number = rawValue & ~PollerToken.controlBit
      self = number & PollerToken.openingBit == 0 ? .control(number) : .opening(number & ~PollerToken.openingBit)
    } else if rawValue >> 32 > 0 {
      // A session's generation begins at 1.
      self = .session(
        SessionID(
          slot: Int32(bitPattern: UInt32(truncatingIfNeeded: rawValue)), generation: UInt32(rawValue >> 32)))
    } else {
      switch rawValue {
      case 1: self = .controlListener
      case 2: self = .inbox
      case 3: self = .signals
      default: self = .listener(Int(rawValue - PollerToken.firstListener))
      }
    }
  }
}
