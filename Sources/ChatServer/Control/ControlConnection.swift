import ChatCore
import ChatProtocol
import POSIX

/// A client of the control socket. One request at a time is in progress, and the next is not decoded before the
/// answer has left; of an answer in parts, the next is not made before the last has left. So a client that does not read costs the
/// memory of one answer, or of one part.
final class ControlConnection {
  static let lineBytesMax = 64 << 10

  let number: UInt64
  let transport: Transport
  let peer: ControlPeer
  var framer = LineFramer(lineBytesMax: ControlConnection.lineBytesMax)
  /// It has sent JSON, so it does not speak another protocol.
  var hasSentJSON = false
  var inputEnded = false
  /// The request in progress.
  var request: ControlID?
  /// A part of the answer is in the output; the next is made once that has left.
  var hasPart = false
  var interest: Interest = .readable
  private(set) var output: [UInt8] = []
  /// The turn whose records must be durable before the output is sent.
  private(set) var turn: UInt64 = 0
  private var sent = 0
  /// When it last asked or was answered, as `ControlListener` counts.
  var lastActivity: UInt64 = 0
  /// Since when the client takes nothing.
  var stalledSince: Instant?

  init(number: UInt64, transport: consuming Transport, peer: ControlPeer) {
    self.number = number
    self.transport = transport
    self.peer = peer
  }

  var hasOutput: Bool { sent < output.count }
  /// Whether the next line may be decoded.
  var isIdle: Bool { request == nil && !hasOutput }
  /// The memory of the output.
  var heldBytes: Int { output.capacity }

  func queue(_ line: [UInt8], in turn: UInt64) {
    if output.isEmpty { output = line } else { output += line }
    self.turn = turn
  }

  /// Sends what waits. False when the connection is broken.
  func send() -> Bool {
    while hasOutput {
      switch transport.send(output.span.extracting(sent...)) {
      case .taken(0, _): return true
      case .taken(let count, _): sent += count
      case .lost: return false
      }
    }
    output = []
    sent = 0
    return true
  }
}
