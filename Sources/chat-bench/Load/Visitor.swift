import JSON
import POSIX

/// One client that waits for the answer to what it says.
final class Visitor {
  private let descriptor: FileDescriptor
  private let poller: Poller
  private var said = 0

  init(_ subject: Subject) throws(Errno) {
    descriptor = try Visitor.connect(subject)
    poller = try Poller(events_max: 1)
  }

  static func connect(_ subject: Subject) throws(Errno) -> FileDescriptor {
    do throws(SocketError) {
      return try Socket.connect(host: subject.host, port: subject.port)
    } catch {
      throw error.errno ?? .notConnected
    }
  }

  /// Sends lines and waits until they have been answered; gives what came until then.
  @discardableResult
  func say(_ lines: String) throws(Errno) -> [UInt8] {
    said += 1
    _ = try descriptor.send(Array("\(lines)/ping said-\(said)\n".utf8))
    // What others do may be told behind it.
    let (text, json) = (Array("ok ping said-\(said)\n".utf8), Array("\"token\":\"said-\(said)\"".utf8))
    var heard: [UInt8] = []
    while heard.firstRange(of: text) == nil, heard.firstRange(of: json) == nil {
      guard let more = try descriptor.receive(upTo: 65536), !more.isEmpty else { throw .connectionReset }
      heard += more
    }
    return heard
  }

  /// Says one thing in the json dialect: what was answered. An error is the end.
  func ask(_ line: String) throws(BenchError) -> JSONValue {
    let heard: [UInt8]
    do throws(Errno) { heard = try say("\(line)\n") } catch { throw .connection("a visitor", "\(error)") }
    for line in heard.split(separator: UInt8(ascii: "\n")) {
      guard let event = try? JSONValue(parsing: Array(line)) else { continue }
      switch event["event"]?.string {
      case "ok": return event
      case "error": throw .refused("a visitor", event["message"]?.string ?? "")
      default: continue
      }
    }
    throw .connection("a visitor", "there was no answer")
  }

  /// Does nothing for so long.
  func wait(_ pause_ms: Int32) throws(Errno) {
    try poller.wait(timeout_ms: pause_ms) { _ in }
  }
}
