import ChatProtocol
import POSIX
import Synchronization

/// A server on a thread of its own that speaks with one client, or with one after another: it greets in text, and answers each line
/// with what `answer` says. A connection ends when the client or `answer` does.
final class FakeServer: Sendable {
  enum Answer {
    case events([Event])
    case text(String)
    /// Sends these events and closes the connection.
    case lastEvents([Event])
  }

  let port: UInt16
  private let thread: HelperThread
  private let heard: Heard

  private final class Heard: Sendable {
    let lines = Mutex<[String]>([])
    let hasPipelined = Mutex(false)
  }

  /// `identities`: one for each connection that it accepts; nil for a plain one.
  init(
    greeting: String = "* Welcome to chat 0.1.0.\n", identities: [TestIdentity?] = [nil],
    answer: @escaping @Sendable (String) -> Answer
  ) throws {
    let listener = try Socket.listen(host: "127.0.0.1", port: 0)
    port = try listener.localPort()
    try listener.setNonBlocking(false)
    let heard = Heard()
    self.heard = heard
    let number = listener.release()
    thread = try HelperThread {
      let listener = FileDescriptor(owning: number)
      for identity in identities {
        try? FakeServer.serve(listener, identity, greeting) { line, bytesBehind in
          heard.lines.withLock { $0.append(line) }
          if bytesBehind > 0 { heard.hasPipelined.withLock { $0 = true } }
          return answer(line)
        }
      }
    }
  }

  /// The client's lines, once either side has disconnected.
  func heardLines() -> [String] {
    thread.join()
    return heard.lines.withLock { $0 }
  }

  /// Whether a line arrived before the previous one was answered.
  var hasPipelined: Bool { heard.hasPipelined.withLock { $0 } }

  private static func serve(
    _ listener: borrowing FileDescriptor, _ identity: TestIdentity?, _ greeting: String,
    _ answer: (_ line: String, _ bytesBehind: Int) -> Answer
  ) throws {
    guard let accepted = try listener.accept() else { return }
    let connection = try TestPeer(accepted.descriptor, identity)
    try connection.shakeHands()
    try connection.writeAll(greeting)
    var framer = LineFramer(lineBytesMax: 0)
    while let bytes = try connection.receive() {
      framer.append(bytes.span)
      while case .line(let range)? = framer.next() {
        switch answer(String(decoding: framer.buffer[range], as: UTF8.self), framer.bufferedBytes) {
        case .events(let events): try connection.writeAll(encoded(events))
        case .text(let text): try connection.writeAll(text)
        case .lastEvents(let events): return try connection.writeAll(encoded(events))
        }
      }
    }
  }

  private static func encoded(_ events: [Event]) -> [UInt8] {
    var bytes: [UInt8] = []
    for event in events { Dialect.json.encode(event, at: Conversation.time, into: &bytes) }
    return bytes
  }
}

extension FakeServer {
  /// A server with the room `lobby` that accepts every login, echoes messages and rejects other commands.
  static func usual(_ line: String) -> Answer {
    let words = line.split(separator: " ")
    switch words.first {
    case "/format": return .events([.ok(Reply("format", .format(.json)))])
    case "/guest", "/login":
      return .events([.ok(Reply(String(words[0].dropFirst()), Conversation.entered(as: String(words[1]))))])
    case "/quit": return .lastEvents([.ok(Reply("quit")), .closing(reason: "Bye.")])
    case let word? where word.hasPrefix("/"):
      let command = String(word.dropFirst())
      return .events([.error(CommandError(command: command, code: .unknownCommand, message: "There is no \(word)."))])
    default: return .events([Conversation.own(line)])
    }
  }
}
