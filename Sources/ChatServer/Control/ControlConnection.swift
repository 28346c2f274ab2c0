import ChatCore
import ChatProtocol
import POSIX

/// A client of the control socket. One request at a time is under way for it, and the next is not looked at before the
/// answer has left; of an answer in parts, the next is not made before the last has left. So what waits for a client that
/// does not read is one answer, or one part of it.
final class ControlConnection {
  static let lineBytesMax = 64 << 10

  let number: UInt64
  let descriptor: FileDescriptor
  let peer: ControlPeer
  var framer = LineFramer(lineBytesMax: ControlConnection.lineBytesMax)
  /// It has sent JSON: what it speaks is no other protocol.
  var hasSentJSON = false
  var inputEnded = false
  /// The request that waits for its answer.
  var request: ControlID?
  /// Part of the answer is in the output, and the next is to be made once that has left.
  var hasPart = false
  var interest: Interest = .readable
  private(set) var output: [UInt8] = []
  /// The turn whose records must stand before the output may be sent.
  private(set) var turn: UInt64 = 0
  private var sent = 0
  /// When it last asked or was answered, as the desk counts.
  var lastActivity: UInt64 = 0
  /// Since when the client takes nothing, on the monotonic clock.
  var stalledSince_ms: Int64?

  init(number: UInt64, descriptor: consuming FileDescriptor, peer: ControlPeer) {
    self.number = number
    self.descriptor = descriptor
    self.peer = peer
  }

  var hasOutput: Bool { sent < output.count }
  /// Whether the next line may be looked at.
  var isIdle: Bool { request == nil && !hasOutput }

  /// The memory that what waits takes.
  var heldBytes: Int { output.capacity }

  func queue(_ line: [UInt8], in turn: UInt64) {
    if output.isEmpty { output = line } else { output += line }
    self.turn = turn
  }

  /// Sends what waits; false when the connection is broken.
  func send() -> Bool {
    while hasOutput {
      do {
        guard let count = try descriptor.send(output[sent...]) else { return true }
        sent += count
      } catch {
        return false
      }
    }
    output = []
    sent = 0
    return true
  }
}
