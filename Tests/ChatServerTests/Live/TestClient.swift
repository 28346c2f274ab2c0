import ChatProtocol
import POSIX

/// The client's end of a connection. It waits only for the lines that the test expects.
final class TestClient {
  /// Only a server that hangs reaches this timeout.
  private static let timeoutMilliseconds: Int32 = 60_000

  private let descriptor: FileDescriptor
  private let poller: Poller
  private var buffer: [UInt8] = []
  private var hasEnded = false

  init(port: UInt16) throws {
    descriptor = try Socket.connect(host: "127.0.0.1", port: port)
    poller = try Poller(eventsMax: 1)
    try poller.add(descriptor.rawValue, token: 0, interest: .readable)

  }

  init(socketPath: String) throws {
    descriptor = try Socket.connectUnix(path: socketPath)
    poller = try Poller(eventsMax: 1)
    try poller.add(descriptor.rawValue, token: 0, interest: .readable)

  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count { sent += try descriptor.send(bytes[sent...])! }
  }

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

  /// Everything up to the end of the connection.
  func readBytesToEnd() throws -> [UInt8] {
    while try receive() {}
    defer { buffer = [] }
    return buffer
  }

  private func receive() throws -> Bool {
    if hasEnded { return false }
    guard try poller.wait(timeoutMilliseconds: TestClient.timeoutMilliseconds, { _ in }) > 0 else {
      throw TestFailure("nothing came; so far: \(String(decoding: buffer, as: UTF8.self))")
    }
    do throws(Errno) {
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
