import ChatCore
import ChatProtocol
import POSIX

/// A client's connection, for as long as its descriptor is open. What is still to be sent to it stands in `Outboxes`.
final class Connection {
  enum Phase {
    /// The core knows it as a session.
    case open
    /// The core has forgotten it; what was queued before goes out, and then it is a transfer's.
    case transferring
    /// The core has forgotten it; what was queued before goes out.
    case closing
    /// All is sent and the end with it. Closed when the client has closed too, so that nothing the client still sends
    /// makes the kernel throw away what it has not read yet.
    case draining
    case closed
  }

  let id: SessionID
  let descriptor: FileDescriptor
  /// Its IP address.
  let address: String
  /// Where limits for an address are counted.
  let quota: AddressQuota
  var phase = Phase.open
  var framer: LineFramer
  /// What `Server.unreadBytes` counts of it.
  var unreadBytes = 0
  /// It has sent a command: what it speaks is no other protocol.
  var hasSentCommand = false
  /// The client sends nothing more.
  var inputEnded = false
  /// It stands in `Server.departing`, and is heard no more.
  var closeReason: CloseReason?
  /// A slow answer is under way; no line is decoded until it came.
  var isWaiting = false
  /// It stands in `Server.toDecode`.
  var isToDecode = false
  var throttle = Throttle()
  /// Its next line waits until then, because its address has had the server do too much. On the monotonic clock.
  var throttledUntil_us: Int64 = .min
  /// It stands in `Server.throttled`.
  var isThrottled = false
  /// Set while it is `transferring` and the transfer has not ended.
  var transfer: Transfer?
  /// What came behind the line that began it.
  var firstBytes: [UInt8] = []
  /// By when the transfer must have it, on the monotonic clock.
  var handOverDue_ms = Int64.max
  /// A helper thread moves its bytes; the poller does not know it.
  var isHandedOver = false
  /// What the poller was told last.
  var interest: Interest = []
  /// When its last line came.
  var lastActive_us: Int64
  /// By when it must have come in; `.max` once it has. On the monotonic clock.
  var loginDeadline_ms = Int64.max

  var network: Network { quota.network }
  var isLost: Bool { closeReason?.isLost == true }

  init(
    id: SessionID, descriptor: consuming FileDescriptor, address: String, quota: AddressQuota, lineBytesMax: Int,
    now_us: Int64
  ) {
    self.id = id
    self.descriptor = descriptor
    self.address = address
    self.quota = quota
    framer = LineFramer(lineBytesMax: lineBytesMax)
    lastActive_us = now_us
  }
}

/// Why a connection is to go.
enum CloseReason {
  /// The client closed its side, and all that it had sent was dealt with.
  case left
  /// It is broken, or was waited for long enough: nothing more reaches the client.
  case lost
  /// More waits for the client than may.
  case tooSlow
  /// It sent too much for too long.
  case flood
  /// It did not log in or come in as a guest in time.
  case notIn
  /// The core had many closed at once.
  case closed(reason: String, told: String)
}

extension CloseReason {
  var isLost: Bool { if case .lost = self { true } else { false } }
}

/// The open connections, by the place that their session has.
struct ConnectionTable {
  private var connections: [Connection?] = []
  /// The generation of the session that was let in last: sessions are counted, whatever place they have.
  private var generation: UInt32 = 0
  private var free: [Int32] = []
  private(set) var count = 0

  subscript(id: SessionID) -> Connection? {
    guard Int(id.slot) < connections.count, let connection = connections[Int(id.slot)], connection.id == id else {
      return nil
    }
    return connection
  }

  /// Whoever has the place now.
  subscript(slot slot: Int32) -> Connection? { connections[Int(slot)] }

  var all: [Connection] { connections.compactMap(\.self) }

  /// A place for the next session, to be followed by `insert`.
  mutating func nextID() -> SessionID {
    let slot: Int32
    if let last = free.popLast() {
      slot = last
    } else {
      slot = Int32(connections.count)
      connections.append(nil)
    }
    // 31 bits, because the poller's tokens use the last one, and never 0, which says that nobody is there.
    generation = generation == 0x7FFF_FFFF ? 1 : generation + 1
    return SessionID(slot: slot, generation: generation)
  }

  mutating func insert(_ connection: Connection) {
    precondition(connections[Int(connection.id.slot)] == nil, "a place has one connection at a time")
    connections[Int(connection.id.slot)] = connection
    connection.quota.connectionCount += 1
    count += 1
  }

  mutating func remove(_ connection: Connection) {
    precondition(self[connection.id] === connection, "only what is in the table leaves it")
    connections[Int(connection.id.slot)] = nil
    free.append(connection.id.slot)
    count -= 1
    connection.quota.connectionCount -= 1
  }
}

/// Whom an event of the poller is about, and the token that says so.
///
/// A session's token holds its generation beside its place: an event that was fetched before its connection closed finds
/// nobody, even where another one has the place by then.
enum PollerToken: Equatable {
  case listener
  case controlListener
  case inbox
  case signals
  case session(SessionID)
  case control(UInt64)

  private static let controlBit: UInt64 = 1 << 63

  var token: UInt64 {
    switch self {
    case .listener: 0
    case .controlListener: 1
    case .inbox: 2
    case .signals: 3
    case .session(let id): UInt64(id.generation) << 32 | UInt64(UInt32(bitPattern: id.slot))
    case .control(let number): PollerToken.controlBit | number
    }
  }

  init(token: UInt64) {
    if token & PollerToken.controlBit != 0 {
      self = .control(token & ~PollerToken.controlBit)
      return
    }
    // A session's generation begins at 1, so its token is above all of these.
    switch token {
    case 0: self = .listener
    case 1: self = .controlListener
    case 2: self = .inbox
    case 3: self = .signals
    default:
      self = .session(
        SessionID(slot: Int32(bitPattern: UInt32(truncatingIfNeeded: token)), generation: UInt32(token >> 32)))
    }
  }
}
