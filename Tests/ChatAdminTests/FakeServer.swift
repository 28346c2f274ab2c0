import TestSupport
import ChatProtocol
import POSIX
import Synchronization

/// The server's end of the control socket: it accepts one connection, reads one line and then acts as given.
final class FakeServer: Sendable {
  enum Conduct: Sendable {
    case answer(Result<ControlReply, ControlError>)
    /// Sends these pieces, one at a time.
    case send([[UInt8]])
    /// Sends nothing until the client has disconnected.
    case silence
    /// Rejects the client before its request.
    case refuse(ControlError)
  }

  let folder: TemporaryFolder
  private let conversation: Conversation
  private let thread: HelperThread

  init(_ conduct: Conduct) throws {
    let folder = try TemporaryFolder()
    let conversation = Conversation(try Socket.listenUnix(path: "\(folder.path)/control.sock"), conduct)
    self.folder = folder
    self.conversation = conversation
    thread = try HelperThread { conversation.run() }
  }

  /// The client's request. Waits until it is served, so a client must connect.
  func request() -> ControlCall? {
    thread.join()
    return conversation.call.withLock { $0 }
  }
}

private final class Conversation: Sendable {
  let call = Mutex<ControlCall?>(nil)
  private let listener: FileDescriptor
  private let conduct: FakeServer.Conduct

  init(_ listener: consuming FileDescriptor, _ conduct: FakeServer.Conduct) {
    self.listener = listener
    self.conduct = conduct
  }

  func run() {
    do {
      try serve()
    } catch {
      // A client that left early is one of the cases.
    }
  }

  private func serve() throws {
    let poller = try Poller(eventsMax: 1)
    try poller.add(listener.rawValue, token: 0, interest: .readable)
    while try poller.wait(timeoutMilliseconds: -1, { _ in }) == 0 {}
    guard let accepted = try listener.accept() else { return }
    let connection = accepted.descriptor
    try connection.setNonBlocking(false)
    if case .refuse(let fault) = conduct {
      return try sendAll(ControlResponse(id: 0, result: .failure(fault)).encode(), to: connection)
    }
    let call = ControlCall(decoding: try line(from: connection))
    self.call.withLock { $0 = call }
    switch conduct {
    case .answer(let result): try sendAll(ControlResponse(id: call.id, result: result).encode(), to: connection)
    case .send(let pieces): for piece in pieces { try sendAll(piece, to: connection) }
    case .silence: while try connection.receive(upTo: 1)?.isEmpty == false {}
    case .refuse: break
    }
  }

  private func line(from connection: borrowing FileDescriptor) throws -> [UInt8] {
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n"), let more = try connection.receive(upTo: 4096), !more.isEmpty { line += more }
    return line
  }

  private func sendAll(_ bytes: [UInt8], to connection: borrowing FileDescriptor) throws {
    var rest = bytes[...]
    while !rest.isEmpty { rest = rest.dropFirst(try connection.send(rest) ?? 0) }
  }
}
