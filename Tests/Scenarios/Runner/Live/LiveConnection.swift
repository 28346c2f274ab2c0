import ChatProtocol
import POSIX

/// A client's end of a connection, read line by line with a deadline.
final class LiveConnection {
  /// A timeout far above any normal delay, so that only a missing line reaches it.
  private static let waitLimitMilliseconds: Int32 = 20_000

  private let socket: FileDescriptor
  private let poller: Poller
  private var framer = LineFramer(lineBytesMax: 0)
  /// Lines that have arrived and are not received yet.
  private var lines: [String] = []
  private(set) var isClosed = false
  /// Whether the last command was sent.
  var isLast = false

  init(to address: PeerAddress) throws {
    poller = try Poller(eventsMax: 1)
    socket = try Socket.connect(host: address.ip, port: address.port)
    try poller.add(socket.rawValue, token: 1, interest: .readable)
  }

  init(toControlAt path: String) throws {
    poller = try Poller(eventsMax: 1)
    socket = try Socket.connectUnix(path: path)
    try poller.add(socket.rawValue, token: 1, interest: .readable)
  }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      do throws(Errno) {
        sent += try socket.send(bytes[sent...]) ?? 0
      } catch {
        // The server has closed the connection. Earlier output can still be read.
        guard error == .brokenPipe || error == .connectionReset else { throw error }
        return
      }
    }
  }

  /// Stores lines for `receive` up to one that matches, which is dropped, or until the server closes the connection.
  func collect(until isLast: (String) -> Bool) throws {
    while !isClosed {
      guard try readLine() else { return }
      if let line = lines.last, isLast(line) {
        lines.removeLast()
        return
      }
    }
  }

  func receive() throws -> Received {
    if lines.isEmpty { _ = try readLine() }
    guard lines.isEmpty else { return .line(lines.removeFirst()) }
    return isClosed ? .closed : .nothing
  }

  /// Waits until data has arrived, without reading it.
  func awaitBytes() throws {
    try poller.wait(timeoutMilliseconds: LiveConnection.waitLimitMilliseconds) { _ in }
  }

  /// Adds the next line to `lines`; false if the server closed the connection or nothing came in time.
  private func readLine() throws -> Bool {
    while true {
      if case .line(let range) = framer.next() {
        lines.append(String(decoding: framer.buffer[range], as: UTF8.self))
        return true
      }
      guard !isClosed, try poller.wait(timeoutMilliseconds: LiveConnection.waitLimitMilliseconds, { _ in }) > 0 else {
        return false
      }
      let bytes = try receiveBytes()
      if bytes.isEmpty { isClosed = true }
      framer.append(bytes.span)
    }
  }

  /// Empty at the end of the connection, also after a reset.
  private func receiveBytes() throws -> [UInt8] {
    do throws(Errno) {
      return try socket.receive(upTo: 1 << 16) ?? []
    } catch {
      guard error == .connectionReset else { throw error }
      return []
    }
  }
}
