import ChatProtocol
import ChatStore
import POSIX

/// What a listener is: where it listens, and what its connections speak. One more listener is one more row in `all`.
struct ListenerDefinition: Sendable {
  /// What its connections speak until they ask for another dialect.
  var dialect: Dialect
  /// How many connections one turn accepts, so that a flood of them does not delay the others.
  var acceptsPerTurn = 256
  /// nil where the settings name no such listener. Port 0 takes any free one.
  let address: @Sendable (SettingsFile) -> (host: String, port: Int)?

  /// The first is the one that `--host` and `--port` name.
  static let all = [ListenerDefinition(dialect: .text) { ($0.host!, $0.port!) }]
}

/// A socket where clients connect. It pauses when descriptors run out.
final class Listener {
  /// Without a pause the loop would spin: clients that wait keep the socket readable.
  private static let pause = Duration.milliseconds(100)

  let definition: ListenerDefinition
  /// As bound.
  let address: PeerAddress
  private let socket: FileDescriptor
  private let token: PollerToken
  /// Clients wait to be accepted.
  var hasArrivals = false
  /// When it accepts again; nil while it accepts.
  private(set) var pausedUntil: Instant?
  private var hasWarned = false

  /// nil where the settings name no such listener. `index`: its place among the server's listeners.
  init?(_ definition: ListenerDefinition, index: Int, _ settings: SettingsFile) throws(SocketError) {
    guard let (host, port) = definition.address(settings) else { return nil }
    let socket = try Socket.listen(host: host, port: UInt16(port))
    do throws(Errno) {
      address = try socket.localAddress()
    } catch {
      throw .failed(call: "listen on", address: host, error)
    }
    self.socket = socket
    self.definition = definition
    token = .listener(index)
  }

  func register(at poller: borrowing Poller) throws(Errno) {
    try poller.add(socket.rawValue, token: token.rawValue, interest: .readable)
  }

  func unregister(from poller: borrowing Poller) { try? poller.remove(socket.rawValue) }

  /// Accepts no client for a moment. True if this is the first time since all waiting clients were accepted.
  func pause(at now: Instant, _ poller: borrowing Poller) -> Bool {
    pausedUntil = now + Listener.pause
    try? poller.modify(socket.rawValue, token: token.rawValue, interest: [])
    defer { hasWarned = true }
    return !hasWarned
  }

  func resumeIfDue(at now: Instant, _ poller: borrowing Poller) {
    guard let pausedUntil, pausedUntil <= now else { return }
    self.pausedUntil = nil
    try? poller.modify(socket.rawValue, token: token.rawValue, interest: .readable)
  }

  /// nil when no client waits.
  func accept() throws(Errno) -> AcceptedConnection? {
    guard let accepted = try socket.accept() else {
      // The next shortage is a new one.
      hasWarned = false
      return nil
    }
    return accepted
  }
}
