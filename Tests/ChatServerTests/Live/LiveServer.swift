import ChatServer
import ChatStore
import POSIX
import Synchronization
import TLS
import TestSupport

/// A server on its own thread, with a free port and a folder that is removed with it.
final class LiveServer {
  let folder: String
  let running: RunningServer
  /// With what its clients speak TLS; nil where they do not.
  private let tls: TLSContext?
  private let end: Promise<Void>
  private var isStopped = false

  /// `settings` is the text of settings.json; `files` are further files to create before the start. `folder` must
  /// exist, and is removed with the server too. `tls`: clients speak TLS. `start`: the server listens, and does nothing
  /// before the signal.
  init(
    settings: String = "{}", files: [String: String] = [:], folder: String? = nil, disk: DiskCalls = .real,
    timeouts: Timeouts = Timeouts(), tls: TLSContext? = nil, start: Semaphore? = nil
  ) throws {
    self.tls = tls
    let folder = try folder ?? TemporaryFolder.make()
    self.folder = folder
    for (name, text) in files.merging(["settings.json": settings], uniquingKeysWith: { $1 }) {
      try File.open("\(folder)/\(name)", [.writeOnly, .create]).writeAll(text)
    }
    let ready = Ready()
    end = try Promise {
      defer { ready.arrived.signal() }
      let configuration = ServerConfiguration(data: folder, port: 0, takesSignals: false)
      try Server(configuration, disk: disk, timeouts: timeouts).run { running in
        ready.server.withLock { $0 = running }
        ready.arrived.signal()
        start?.wait()
      }
    }
    ready.arrived.wait()
    guard let running = ready.server.withLock({ $0 }) else {
      try end.value()
      throw TestFailure("the server ended before it was ready")
    }
    self.running = running
  }

  private final class Ready: Sendable {
    let arrived = Semaphore()
    let server = Mutex<RunningServer?>(nil)
  }

  /// A client, after its handshake.
  func connect() throws -> TestClient {
    guard let tls else { return try connectPlain() }
    let client = try TestClient(port: running.address.port, tls: tls)
    try client.beginHandshake()
    guard try client.shakeHands() else { throw TestFailure("the server ended the handshake") }
    return client
  }

  /// A client without TLS.
  func connectPlain() throws -> TestClient { try TestClient(port: running.address.port) }

  func connectControl() throws -> TestClient { try TestClient(socketPath: running.controlPath) }

  /// A client logged in as a guest, after its greeting.
  func guest(_ name: String, json: Bool = false) throws -> TestClient {
    let client = try connect()
    try client.send("/guest \(name)\n" + (json ? "/format json\n" : ""))
    _ = try client.read(until: json ? "\"format\":\"json\"" : "ok guest")
    return client
  }

  /// A client that is accepted: connects again until the server has noticed that another connection was closed.
  func connectWhenAccepted() throws -> TestClient {
    while true {
      let client = try connect()
      if try client.readLine()?.hasPrefix("* Welcome") == true { return client }
    }
  }

  /// Stops the server and waits for its end.
  func stop() throws {
    guard !isStopped else { return }
    isStopped = true
    running.stop()
    try end.value()
  }

  func text(_ file: String) throws -> String {
    String(decoding: try File.readWhole("\(folder)/\(file)"), as: UTF8.self)
  }

  /// Waits until the log contains the text.
  func awaitLog(_ text: String) throws {
    let watch = try FolderWatch()
    let poller = try Poller(eventsMax: 1)
    _ = try watch.add("\(folder)/chat.log", .modified)
    try poller.add(watch.rawValue, token: 0, interest: .readable)
    while try !self.text("chat.log").contains(text) {
      guard try poller.wait(timeoutMilliseconds: 60_000, { _ in }) > 0 else {
        throw TestFailure("the log does not tell: \(text)")
      }
      _ = watch.takeAll()
    }
  }

  deinit {
    try? stop()
    TemporaryFolder.remove(folder)
  }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
