import POSIX

/// Makes a connection again on a thread of its own, since finding a host's addresses and connecting may take long.
final class Connector {
  private static let first_ms: Int64 = 500
  private static let longest_ms: Int64 = 30_000
  /// What is left for the last attempt.
  private static let last_ns: Int64 = 1_000_000_000

  let host: String
  let port: UInt16
  private let inbox: Inbox<Int32?>
  private var due_ns: Int64?

  init(host: String, port: UInt16) throws(Errno) {
    self.host = host
    self.port = port
    inbox = try Inbox()
  }

  /// Readable when an attempt has ended.
  var rawValue: CInt { inbox.rawValue }

  /// Begins an attempt after a while: each time twice as long, and never just as long as everybody else who lost the same
  /// server. Where it is known when all attempts end, the last one is not too late for that.
  func connect(attempt: Int, end_ns: Int64? = nil) {
    let longest_ms = min(Connector.longest_ms, Connector.first_ms << Int64(min(attempt - 1, 10)))
    let share = Double(Random.bytes(2).reduce(0) { $0 << 8 | Int($1) }) / 65536
    let now_ns = SystemClock.monotonic_ns
    let due_ns = now_ns + Int64(Double(longest_ms) * (0.5 + share / 2) * 1_000_000)
    let last_ns = end_ns.map { $0 - Connector.last_ns } ?? .max
    self.due_ns = last_ns > now_ns ? min(due_ns, last_ns) : due_ns
  }

  /// Does not wait any longer.
  func connectNow() { due_ns = due_ns.map { _ in SystemClock.monotonic_ns } }

  /// How long until the next attempt; nil where none is to be made.
  var timeLeft_ns: Int64? { due_ns.map { max(0, $0 - SystemClock.monotonic_ns) } }

  func beginIfDue() {
    guard let due_ns, SystemClock.monotonic_ns >= due_ns else { return }
    self.due_ns = nil
    let (host, port, inbox) = (host, port, inbox)
    let thread = try? HelperThread {
      do throws(SocketError) {
        inbox.post(try Socket.connect(host: host, port: port).release())
      } catch {
        inbox.post(nil)
      }
    }
    if thread == nil { inbox.post(nil) }
  }

  /// The socket that the attempt came to; nil where it failed. To be called when `rawValue` is readable.
  func takeSocket() -> FileDescriptor? {
    guard let number = inbox.takeAll().last ?? nil else { return nil }
    return FileDescriptor(owning: number)
  }
}
