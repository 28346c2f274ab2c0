import POSIX

/// A connection to the server, as `nc` makes one, which waits only for the lines that the test expects.
final class TestClient {
  /// Only a server that hangs reaches this timeout.
  private static let waitLimitMilliseconds: Int32 = 60_000

  private let descriptor: FileDescriptor
  private let poller: Poller
  private let told: TestServer.Told
  private var buffer: [UInt8] = []
  private var asked = 0

  init(port: UInt16, _ told: TestServer.Told) throws {
    descriptor = try Socket.connect(host: "127.0.0.1", port: port)
    poller = try Poller(eventsMax: 1)
    try poller.add(descriptor.rawValue, token: 0, interest: .readable)
    self.told = told
  }

  /// The lines are short, so the kernel accepts them at once.
  func send(_ bytes: [UInt8]) throws { _ = try descriptor.send(bytes) }

  /// Sends a line and a ping, and returns everything up to the ping's reply.
  @discardableResult
  func ask(_ line: String) throws -> [String] { try ask(Array(line.utf8)) }

  @discardableResult
  func ask(_ line: [UInt8]) throws -> [String] {
    asked += 1
    try send(line + Array("\n/ping answered-\(asked)\n".utf8))
    var lines: [String] = []
    while let line = try readLine() {
      if line.contains("answered-\(asked)") { return lines }
      lines.append(line)
    }
    throw TestFailure("the connection ended before an answer came: \(lines)")
  }

  /// Lines up to and including the first that contains `text`.
  @discardableResult
  func read(until text: String) throws -> [String] {
    var lines: [String] = []
    while let line = try readLine() {
      lines.append(line)
      if line.contains(text) { return lines }
    }
    throw TestFailure("the connection ended before \"\(text)\" came: \(lines)")
  }

  /// Sends `/quit`, and waits until the server has closed the connection.
  func quit() throws {
    try send(Array("/quit\n".utf8))
    _ = try readToEnd()
  }

  /// Lines up to the end of the connection.
  func readToEnd() throws -> [String] {
    var lines: [String] = []
    while let line = try readLine() { lines.append(line) }
    return lines
  }

  /// The next line, without its end; nil at the end of the connection.
  private func readLine() throws -> String? {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        told.text += line + "\n"
        return line
      }
      guard try poller.wait(timeoutMilliseconds: TestClient.waitLimitMilliseconds, { _ in }) > 0 else {
        throw TestFailure("nothing came; so far: \(String(decoding: buffer, as: UTF8.self))")
      }
      let bytes = try descriptor.receive(upTo: 64 << 10) ?? []
      if bytes.isEmpty { return nil }
      buffer += bytes
    }
  }
}
