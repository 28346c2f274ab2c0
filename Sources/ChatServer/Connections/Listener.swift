import POSIX

/// Where clients connect, and whether it is asked at the moment.
final class Listener {
  /// How long nobody is let in once descriptors have run out: without a pause the loop would spin, because those who wait
  /// keep the listener readable.
  private static let pause_ms: Int64 = 100

  let descriptor: FileDescriptor
  /// As bound.
  let address: PeerAddress
  /// When to ask again, on the monotonic clock; nil while it is asked.
  private(set) var resume_ms: Int64?
  private var hasWarned = false

  init(host: String, port: UInt16) throws(SocketError) {
    let descriptor = try Socket.listen(host: host, port: port)
    do throws(Errno) {
      address = try descriptor.localAddress()
    } catch {
      throw .failed(call: "listen on", address: host, error)
    }
    self.descriptor = descriptor
  }

  func register(at poller: borrowing Poller) throws(Errno) {
    try poller.add(descriptor.rawValue, token: PollerToken.listener.token, interest: .readable)
  }

  /// Stops for a moment. True if the operator has not been told since all who waited were let in.
  func pause(at now_ms: Int64, _ poller: borrowing Poller) -> Bool {
    resume_ms = now_ms + Listener.pause_ms
    try? poller.modify(descriptor.rawValue, token: PollerToken.listener.token, interest: [])
    defer { hasWarned = true }
    return !hasWarned
  }

  func resumeIfDue(at now_ms: Int64, _ poller: borrowing Poller) {
    guard let resume_ms, resume_ms <= now_ms else { return }
    self.resume_ms = nil
    try? poller.modify(descriptor.rawValue, token: PollerToken.listener.token, interest: .readable)
  }

  func accept() throws(Errno) -> AcceptedConnection? {
    guard let accepted = try descriptor.accept() else {
      // Nobody is left who waited: the next shortage is another one.
      hasWarned = false
      return nil
    }
    return accepted
  }
}

extension PeerAddress {
  /// Whether only this machine reaches it.
  var isLoopback: Bool { ip.hasPrefix("127.") || ip == "::1" }
}
