import POSIX
import TLS
import Text

/// The client's TLS handshake, on a thread that may wait.
enum Handshake {
  static let timeoutMilliseconds: Int64 = 10_000
  /// How often a waiting thread looks whether the user stopped it.
  private static let sliceMilliseconds: Int64 = 200
  /// How long the rest of a line of plain text may take.
  private static let textTimeoutMilliseconds: Int64 = 1_000
  private static let textBytesMax = 512

  /// Returns what the server sent behind the handshake. `server` is its address for errors.
  static func perform(
    _ connection: TLSConnection, over socket: borrowing FileDescriptor, server: String,
    timeoutMilliseconds: Int64 = Handshake.timeoutMilliseconds, isStopped: () -> Bool = { false }
  ) throws(ConnectionError) -> [UInt8] {
    let dueNanoseconds = SystemClock.monotonicNanoseconds + timeoutMilliseconds * 1_000_000
    var received: [UInt8] = []
    var hasAnswered = false
    guard connection.begin(socket) else { throw .closedInHandshake(server: server) }
    while !connection.isEstablished || connection.wantsToSend {
      let leftMilliseconds = (dueNanoseconds - SystemClock.monotonicNanoseconds) / 1_000_000
      guard leftMilliseconds > 0, !isStopped() else {
        throw .noHandshake(server: server, seconds: Int(timeoutMilliseconds / 1000))
      }
      let slice = Int32(min(leftMilliseconds, sliceMilliseconds))
      if connection.wantsToSend {
        guard (try? socket.waitUntilWritable(timeoutMilliseconds: slice)) != false else { continue }
        guard connection.sendWaiting(socket) else { throw .closedInHandshake(server: server) }
        continue
      }
      guard (try? socket.waitUntilReadable(timeoutMilliseconds: slice)) != false else { continue }
      if !hasAnswered, let answer = plainText(from: socket) { throw .notEncrypted(server: server, answer: answer) }
      hasAnswered = true
      switch connection.receive(from: socket, { received.append(copyOf: $0) }) {
      case .bytes, .nothing: break
      case .end, .truncated: throw .closedInHandshake(server: server)
      case .lost(.handshake(let reason)), .lost(.lost(let reason)):
        throw .handshakeFailed(server: server, reason: reason)
      case .lost(let error): throw .handshakeFailed(server: server, reason: error.description)
      }
    }
    return received
  }

  /// The first line of a server that answers in the clear; nil if its first bytes may be TLS, or are no text.
  private static func plainText(from socket: borrowing FileDescriptor) -> String? {
    guard let first = try? socket.peek(upTo: 4), !first.isEmpty, first.allSatisfy(isText) else { return nil }
    let dueNanoseconds = SystemClock.monotonicNanoseconds + textTimeoutMilliseconds * 1_000_000
    var bytes: [UInt8] = []
    while bytes.count < textBytesMax, !bytes.contains(UInt8(ascii: "\n")) {
      let leftMilliseconds = (dueNanoseconds - SystemClock.monotonicNanoseconds) / 1_000_000
      guard leftMilliseconds > 0,
        (try? socket.waitUntilReadable(timeoutMilliseconds: Int32(leftMilliseconds))) == true,
        let more = try? socket.receive(upTo: textBytesMax), !more.isEmpty
      else { break }
      bytes += more
    }
    let line = bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }).first ?? []
    return CleanText.string(from: line.span)
  }

  /// The types of TLS records are control characters, RFC 8446 section 5.1.
  private static func isText(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == 0x09
  }
}
