import POSIX
import Text

/// Why a transfer failed.
enum TransferError: Error, Equatable, Sendable {
  /// The user stopped it.
  case stopped
  /// The server has no room for another transfer now.
  case busy
  /// The connection broke off; the transfer may resume.
  case brokenOff(String)
  /// The file is not the one that was offered.
  case changed
  /// The server's reason.
  case refused(String)
  /// An error of this machine: the file, the disk.
  case local(String)
}

/// A connection for a file's bytes. It waits for the server with a timeout, and stops when the user cancels.
struct TransferSocket: ~Copyable {
  private static let waitMilliseconds: Int32 = 200
  private static let stallMilliseconds: Int64 = 60_000
  private static let readBytes = 256 << 10
  private static let lineBytesMax = 4096

  private let socket: FileDescriptor
  private let transport: ClientTransport
  private let poller: Poller
  private let isStopped: @Sendable () -> Bool
  private var interest: Interest = .readable
  private var unread: [UInt8]
  private var end: ClientTransport.End?
  private var lastWords: String?

  init(_ endpoint: ServerEndpoint, isStopped: @escaping @Sendable () -> Bool) throws(TransferError) {
    let connected: ConnectedSocket
    do throws(ConnectionError) {
      connected = try endpoint.connect(isStopped: isStopped)
    } catch .untrusted(let server) {
      // The session's next connection tells the user.
      throw .refused(server.refusal.joined(separator: "; "))
    } catch {
      throw isStopped() ? .stopped : .brokenOff(error.description)
    }
    try self.init(connected, isStopped: isStopped)
  }

  init(_ connected: consuming ConnectedSocket, isStopped: @escaping @Sendable () -> Bool) throws(TransferError) {
    let poller = try Self.poller(of: connected.socket)
    transport = connected.transport
    unread = connected.received
    socket = connected.socket
    self.poller = poller
    self.isStopped = isStopped
  }

  deinit { transport.end(socket) }

  private static func poller(of socket: borrowing FileDescriptor) throws(TransferError) -> Poller {
    do throws(Errno) {
      try socket.setNonBlocking()
      let poller = try Poller(eventsMax: 1)
      try poller.add(socket.rawValue, token: 0, interest: .readable)
      return poller
    } catch {
      throw .local(error.description)
    }
  }

  /// Sends all bytes. Returns false if the server answers before it has read all.
  mutating func send(_ bytes: [UInt8]) throws(TransferError) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      // The server may have said why.
      guard let count = transport.send(rest.span, to: socket) else { return false }
      rest = rest.dropFirst(count)
      if count > 0 { continue }
      guard try wait(for: [.readable, .writable]).isReadable, let more = try receiveOnce() else { continue }
      if more.isEmpty { return false }
      unread += more
      skipGreeting()
      if !unread.isEmpty { return false }
    }
    return true
  }

  /// Waits for the server's `ok`.
  mutating func readAnswer() throws(TransferError) {
    while true {
      skipGreeting()
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = CleanText.string(from: String(decoding: unread[..<end], as: UTF8.self))
        unread.removeSubrange(...end)
        if line.hasPrefix("ok ") { return }
        throw Self.failure(of: line)
      }
      guard unread.count < TransferSocket.lineBytesMax else { throw .brokenOff("the other end is not a chat server") }
      let bytes = try receive()
      guard !bytes.isEmpty else { throw .brokenOff(lastWords ?? "the server closed the connection") }
      unread += bytes
    }
  }

  /// `error CODE: SENTENCE`
  private static func failure(of line: String) -> TransferError {
    let parts = line.split(separator: ":", maxSplits: 1)
    let sentence = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : line
    return switch parts.first {
    case "error busy": .busy
    case "error wrong-cksum": .changed
    // For a ticket that the server has forgotten, the session asks for a new one.
    case "error broken-off", "error no-such-ticket": .brokenOff(sentence)
    default: .refused(sentence)
    }
  }

  /// The text dialect's unrequested lines begin with `* `.
  private mutating func skipGreeting() {
    while unread.starts(with: "* ".utf8), let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
      lastWords = CleanText.string(from: String(decoding: unread[..<end].dropFirst(2), as: UTF8.self))
      unread.removeSubrange(...end)
    }
  }

  /// The next bytes; empty at the end.
  mutating func read() throws(TransferError) -> [UInt8] {
    guard unread.isEmpty else {
      defer { unread = [] }
      return unread
    }
    return try receive()
  }

  private mutating func receive() throws(TransferError) -> [UInt8] {
    while true {
      if let bytes = try receiveOnce() { return bytes }
      _ = try wait(for: transport.sendWaiting(to: socket) ? [.readable, .writable] : .readable)
    }
  }

  /// Empty at the end, nil if there is nothing now.
  private mutating func receiveOnce() throws(TransferError) -> [UInt8]? {
    if end == nil {
      let received = transport.receive(from: socket, upTo: TransferSocket.readBytes)
      end = received.end
      if !received.bytes.isEmpty { return received.bytes }
    }
    switch end {
    case nil: return nil
    case .closed: return []
    case .lost(let reason): throw .brokenOff(reason)
    }
  }

  private mutating func wait(for wanted: Interest) throws(TransferError) -> PollerEvent {
    let sinceNanoseconds = SystemClock.monotonicNanoseconds
    do throws(Errno) {
      if wanted != interest { try poller.modify(socket.rawValue, token: 0, interest: wanted) }
      interest = wanted
      while true {
        var event: PollerEvent?
        try poller.wait(timeoutMilliseconds: TransferSocket.waitMilliseconds) { event = $0 }
        if let event { return event }
        if isStopped() { break }
        if SystemClock.monotonicNanoseconds - sinceNanoseconds > TransferSocket.stallMilliseconds * 1_000_000 {
          throw .timedOut
        }
      }
    } catch {
      throw .brokenOff(error.description)
    }
    throw .stopped
  }
}
