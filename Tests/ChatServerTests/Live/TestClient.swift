import ChatProtocol
import POSIX
import TLS

/// The client's end of a connection. It waits only for the lines that the test expects.
final class TestClient {
  /// Only a server that hangs reaches this timeout.
  private static let timeoutMilliseconds: Int32 = 60_000

  private let descriptor: FileDescriptor
  private let tls: TLSConnection?
  private let poller: Poller
  private var buffer: [UInt8] = []
  private var hasEnded = false

  /// `preamble`: bytes before anything else, as a proxy sends them. `tls`: the client's side of TLS, whose handshake
  /// `receive` and `shakeHands` continue.
  init(host: String = "127.0.0.1", port: UInt16, preamble: [UInt8] = [], tls context: TLSContext? = nil) throws {
    descriptor = try Socket.connect(host: host, port: port)
    tls = try context.map { try $0.connection(TLSBuffers()) }
    poller = try Poller(eventsMax: 1)
    try poller.add(descriptor.rawValue, token: 0, interest: .readable)
    try sendPlain(preamble)
  }

  init(socketPath: String) throws {
    descriptor = try Socket.connectUnix(path: socketPath)
    tls = nil
    poller = try Poller(eventsMax: 1)
    try poller.add(descriptor.rawValue, token: 0, interest: .readable)

  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    guard let tls else {
      try sendPlain(bytes)
      return
    }
    var left = bytes[...]
    while !left.isEmpty {
      guard case .taken(let count, _) = tls.send(left.span, descriptor) else {
        throw TestFailure("the connection is lost")
      }
      left = left.dropFirst(count)
    }
  }

  /// Bytes below TLS.
  func sendPlain(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count { sent += try descriptor.send(bytes[sent...])! }
  }

  /// Sends the ClientHello, and no more.
  func beginHandshake() throws {
    guard tls?.begin(descriptor) == true else { throw TestFailure("the connection is lost") }
  }

  /// Continues the handshake with what arrives. Returns false if the server has ended it.
  func shakeHands() throws -> Bool {
    while tls?.isEstablished == false { if try !receive() { return false } }
    return true
  }

  var isEstablished: Bool { tls?.isEstablished ?? true }

  var fingerprint: String? { tls?.peerCertificate?.fingerprint }

  /// A ping: when it is answered, every earlier line has been handled.
  func ping(_ token: String = "here") throws {
    try send("/ping \(token)\n")
    try read(until: "ok ping \(token)")
  }

  /// The status of the server, from its control socket.
  func status() throws -> ControlStatus {
    try send(ControlRequest.status.encode(id: 1))
    let response = try ControlResponse(decoding: Array(readLine()?.utf8 ?? "".utf8))
    guard case .success(.status(let status)) = response.result else { throw TestFailure("no status: \(response)") }
    return status
  }

  /// Closes the sending side, and can still read.
  func finishSending() throws { try descriptor.shutdownWrite() }

  /// The next line, without its end; nil at the end of the connection.
  func readLine() throws -> String? {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        return line
      }
      if try !receive() { return nil }
    }
  }

  /// Whether there is unread data. Does not wait.
  func hasSomething() throws -> Bool { try !buffer.isEmpty || poller.wait(timeoutMilliseconds: 0) { _ in } > 0 }

  /// Waits until bytes have come, and leaves them where they are.
  func awaitInput() throws {
    guard try poller.wait(timeoutMilliseconds: TestClient.timeoutMilliseconds, { _ in }) > 0 else {
      throw TestFailure("nothing came")
    }
  }

  /// Lines up to and including the first that contains `text`.
  @discardableResult
  func read(until text: String) throws -> [String] {
    var lines: [String] = []
    while let line = try readLine() {
      lines.append(line)
      if line.contains(text) { return lines }
    }
    throw TestFailure("the connection ended before \"\(text)\" came; last: \(lines.suffix(5))")
  }

  /// Lines up to the end of the connection.
  func readToEnd() throws -> [String] {
    var lines: [String] = []
    while let line = try readLine() { lines.append(line) }
    return lines
  }

  /// Bytes up to the end of a line after which nothing more has arrived, or to the end of the connection. For replies
  /// so long that a search for the line end in each piece would be slow.
  func readRaw() throws -> [UInt8] {
    while buffer.last != UInt8(ascii: "\n"), try receive() {}
    defer { buffer = [] }
    return buffer
  }

  /// The first byte that arrives.
  func readByte() throws -> UInt8? {
    while buffer.isEmpty, try receive() {}
    return buffer.isEmpty ? nil : buffer.removeFirst()
  }

  /// Everything up to the end of the connection.
  func readBytesToEnd() throws -> [UInt8] {
    while try receive() {}
    defer { buffer = [] }
    return buffer
  }

  func receive() throws -> Bool {
    if hasEnded { return false }
    guard try poller.wait(timeoutMilliseconds: TestClient.timeoutMilliseconds, { _ in }) > 0 else {
      throw TestFailure("nothing came; so far: \(String(decoding: buffer, as: UTF8.self))")
    }
    do throws(Errno) {
      if let tls {
        let result = tls.receive(from: descriptor) { bytes in
          for index in bytes.indices { buffer.append(bytes[index]) }
        }
        switch result {
        case .bytes, .nothing: return true
        case .end, .truncated, .lost: hasEnded = true
        }
        return false
      }
      let bytes = try descriptor.receive(upTo: 64 << 10) ?? []
      buffer += bytes
      hasEnded = bytes.isEmpty
    } catch {
      // A reset counts as the end.
      guard error == .connectionReset else { throw error }
      hasEnded = true
    }
    return !hasEnded
  }
}
