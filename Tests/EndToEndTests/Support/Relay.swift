import Dispatch
import POSIX
import Synchronization

/// Forwards bytes between clients and a server until one direction has sent a number of bytes. Then it stalls,
/// like a broken network.
final class Relay: Sendable {
  let port: UInt16
  private let listener: End
  private let serverPort: UInt16
  private let bytesMax: Int
  private let held = DispatchSemaphore(value: 0)
  private let released = DispatchSemaphore(value: 0)
  private let isHolding = Mutex(false)

  /// One end of a connection, shared by two threads.
  private final class End: Sendable {
    let descriptor: FileDescriptor
    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
    func shut() { try? descriptor.shutdownBoth() }
  }

  /// The first direction that reaches `bytesMax` bytes is held there.
  init(to serverPort: UInt16, holdingAt bytesMax: Int) throws {
    let listener = try Socket.listen(host: "127.0.0.1", port: 0)
    port = try listener.localPort()
    try listener.setNonBlocking(false)
    self.listener = End(listener)
    self.serverPort = serverPort
    self.bytesMax = bytesMax
    _ = try HelperThread { [self] in accept() }
  }

  /// Waits until a direction is held.
  func waitUntilHeld() { held.wait() }

  /// Forwards the held bytes.
  func resume() { released.signal() }

  /// Accepts no more connections, and keeps the present ones.
  func end() { listener.shut() }

  private func accept() {
    do {
      while let accepted = try listener.descriptor.accept() {
        let client = accepted.descriptor
        try client.setNonBlocking(false)
        try passBoth(End(client))
      }
    } catch {
      // `end` was called; a test that needs more fails by itself.
    }
  }

  private func passBoth(_ client: End) throws {
    guard let socket = try? Socket.connect(host: "127.0.0.1", port: serverPort) else { return client.shut() }
    let server = End(socket)
    for (source, target) in [(client, server), (server, client)] {
      _ = try HelperThread { [self] in pass(from: source, to: target) }
    }
  }

  private func pass(from source: End, to target: End) {
    var count = 0
    while let bytes = try? source.descriptor.receive(upTo: bytesMax), !bytes.isEmpty {
      let first = bytes.prefix(max(0, bytesMax - count))
      count += bytes.count
      do throws(Errno) {
        try target.descriptor.writeAll(first)
        if count >= bytesMax,
          isHolding.withLock({ was in
            defer { was = true }
            return !was
          })
        {
          held.signal()
          released.wait()
        }
        try target.descriptor.writeAll(bytes.dropFirst(first.count))
      } catch {
        break
      }
    }
    target.shut()
    source.shut()
  }
}
