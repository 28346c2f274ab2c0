import ChatProtocol
import POSIX

/// The connection to the server: lines out, lines in.
final class ServerConnection {
  enum Received: Equatable {
    case line([UInt8])
    /// Far longer than any event.
    case tooLong
    /// The end, with the system's reason if there is one.
    case end(String?)
  }

  private static let eventBytesMax = 16 << 20
  private static let readBytes = 64 << 10

  private let socket: FileDescriptor
  private let transport: ClientTransport
  private let token: UInt64
  private var framer = LineFramer(lineBytesMax: eventBytesMax)
  private var unsent: [UInt8] = []
  private var isSendBlocked = false
  private var end: Received?

  init(_ connected: consuming ConnectedSocket, _ poller: borrowing Poller, token: UInt64) throws(Errno) {
    transport = connected.transport
    framer.append(connected.received.span)
    socket = connected.socket
    self.token = token
    try self.socket.setNonBlocking()
    try self.socket.setNoDelay()
    try poller.add(self.socket.rawValue, token: token, interest: .readable)
  }

  deinit { transport.end(socket) }

  func remove(from poller: borrowing Poller) { try? poller.remove(socket.rawValue) }

  /// Queues a line, without its end.
  func send(_ line: String) {
    unsent += line.utf8
    unsent.append(UInt8(ascii: "\n"))
  }

  func flush(_ poller: borrowing Poller) throws(Errno) {
    while !unsent.isEmpty {
      guard let count = transport.send(unsent.span, to: socket) else {
        // The connection is lost. The server may have said why, and reading reports the end.
        unsent = []
        break
      }
      if count == 0 { break }
      unsent.removeFirst(count)
    }
    let isBlocked = transport.sendWaiting(to: socket) || !unsent.isEmpty
    guard isSendBlocked != isBlocked else { return }
    isSendBlocked = isBlocked
    try poller.modify(socket.rawValue, token: token, interest: isSendBlocked ? [.readable, .writable] : .readable)
  }

  /// Reads once; `next` returns the lines.
  func read() {
    let received = transport.receive(from: socket, upTo: ServerConnection.readBytes)
    framer.append(received.bytes.span)
    if let end = received.end { self.end = .end(end.reason) }
  }

  func next() -> Received? {
    switch end == nil ? framer.next() : framer.finish() {
    case .line(let range): return .line(Array(framer.buffer[range]))
    case .tooLong: return .tooLong
    case nil: return end
    }
  }
}
