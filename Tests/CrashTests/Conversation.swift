import JSON
import POSIX

/// A connection in the `json` dialect that sends one command at a time and collects the events meanwhile.
final class Conversation {
  /// The connection to the server is lost.
  struct Lost: Error {}

  /// Only a server that hangs reaches this timeout.
  private static let waitLimitMilliseconds: Int32 = 60_000

  private let descriptor: FileDescriptor
  private let poller: Poller
  private var buffer: [UInt8] = []
  private var position = 0
  /// The received lines that are not replies, in order: events of others, private messages.
  private(set) var told: [JSONValue] = []

  init(port: UInt16) throws {
    do throws(SocketError) {
      descriptor = try Socket.connect(host: "127.0.0.1", port: port)
    } catch {
      throw Lost()
    }
    poller = try Poller(eventsMax: 1)
    try poller.add(descriptor.rawValue, token: 0, interest: .readable)
    _ = try ask("/format json")
    told = []
  }

  /// Sends a line and returns its reply: an `ok`, an `error`, or the message itself.
  func ask(_ line: String) throws -> JSONValue {
    do throws(Errno) {
      let bytes = Array("\(line)\n".utf8)
      guard try descriptor.send(bytes) == bytes.count else { throw Errno.brokenPipe }
    } catch {
      throw Lost()
    }
    while true {
      let event = try next()
      switch event["event"]?.string {
      case "ok", "error": return event
      case "message" where event["own"]?.bool == true: return event
      default: told.append(event)
      }
    }
  }

  func takeTold() -> [JSONValue] {
    defer { told = [] }
    return told
  }

  /// Reads the rest until the connection ends.
  func drain() {
    while let event = try? next() { told.append(event) }
  }

  private func next() throws -> JSONValue {
    while true {
      if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[position..<end])
        position = end + 1
        // The greeting is text.
        if line.first != UInt8(ascii: "{") { continue }
        return try JSONValue(parsing: line)
      }
      buffer.removeSubrange(..<position)
      position = 0
      guard try poller.wait(timeoutMilliseconds: Conversation.waitLimitMilliseconds, { _ in }) > 0 else {
        throw TestFailure("the server hangs")
      }
      do throws(Errno) {
        let bytes = try descriptor.receive(upTo: 64 << 10) ?? []
        if bytes.isEmpty { throw Errno.connectionReset }
        buffer += bytes
      } catch {
        throw Lost()
      }
    }
  }
}
