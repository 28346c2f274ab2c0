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
  let origin: Origin
  var phase = Phase.open
  var framer: LineFramer
  /// What `Server.unreadBytes` counts of it.
  var unreadBytes = 0
  /// It has sent a command: what it speaks is no other protocol.
  var hasSentCommand = false
  /// The client sends nothing more.
  var inputEnded = false
  /// It stands in `Server.departing`, and is heard no more.
  var departure: CloseReason?
  /// A slow answer is under way; no line is decoded until it came.
  var isWaiting = false
  /// It stands in `Server.toDecode`.
  var isToDecode = false
  var throttle = Throttle()
  /// Its next line waits until then, because its address has had the server do too much. On the monotonic clock.
  var mayGoOn_us: Int64 = .min
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

  var network: Network { origin.network }
  var isLost: Bool { departure?.isLost == true }

  init(
    id: SessionID, descriptor: consuming FileDescriptor, address: String, origin: Origin, lineBytesMax: Int,
    now_us: Int64
  ) {
    self.id = id
    self.descriptor = descriptor
    self.address = address
    self.origin = origin
    framer = LineFramer(lineBytesMax: lineBytesMax)
    lastActive_us = now_us
  }
}
