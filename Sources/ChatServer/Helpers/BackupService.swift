import ChatCore
import ChatProtocol
import ChatStore
import POSIX
import Tar

/// Sends backups to clients of the control socket, one at a time, on a thread of its own: the loop meets none of their bytes.
struct BackupService {
  private let inbox: Inbox<ServerMessage>
  private let timeout_ms: Int64
  private var phase = Phase.idle

  private enum Phase {
    case idle
    /// To be captured once the turn is committed.
    case asked(ControlID)
    case capturing
    case sending(HelperThread, to: ControlConnection)
    /// The thread has ended before what it has to tell was taken.
    case cancelled(ControlPeer)
  }

  init(inbox: Inbox<ServerMessage>, timeout_ms: Int64) {
    self.inbox = inbox
    self.timeout_ms = timeout_ms
  }

  /// False while another backup is being taken.
  mutating func ask(_ request: ControlID) -> Bool {
    guard case .idle = phase else { return false }
    phase = .asked(request)
    return true
  }

  /// The request that everything is to be captured for, once.
  mutating func takeAsked() -> ControlID? {
    guard case .asked(let request) = phase else { return nil }
    phase = .capturing
    return request
  }

  /// Sends what was captured; told of by `ServerMessage.backedUp`.
  mutating func send(_ capture: FolderCapture, to receiver: ControlListener.HandedOver) throws(Errno) {
    let stream = BackupStream(
      capture, to: try receiver.client.descriptor.duplicate(), request: receiver.id, timeout_ms: timeout_ms)
    let thread = try HelperThread(niceness: 10) { [inbox] in inbox.post(.backedUp(stream.run())) }
    phase = .sending(thread, to: receiver.client)
  }

  /// The backup has come to its end; who it was for, where somebody was sent one.
  mutating func end() -> ControlPeer? {
    defer { phase = .idle }
    switch phase {
    case .sending(let thread, let client):
      thread.join()
      return client.peer
    case .cancelled(let peer): return peer
    default: return nil
    }
  }

  /// The server ends: nobody is sent anything any more. What becomes of it is told when this returns, false where the thread is still
  /// at work.
  mutating func stop(until_ns deadline_ns: Int64) -> Bool {
    guard case .sending(let thread, let client) = phase else { return true }
    try? client.descriptor.shutdownBoth()
    phase = .cancelled(client.peer)
    return thread.join(until_ns: deadline_ns)
  }
}

// A backup: at the end of a turn the store captures all that is committed, and a thread of the desk's sends it.
extension Server {
  func beginBackup(_ request: ControlID) {
    guard !backups.ask(request) else { return }
    control.reply(
      request, .failure(ControlError(.busy, "another backup is being taken; try again when that has ended")))
  }

  /// Between two turns: everything that was acknowledged before is in it, and nothing of the next turn.
  func captureBackup() {
    guard !store.hasUncommitted, let request = backups.takeAsked() else { return }
    transfers.beginBackup()
    store.capture(at: clock.now) { [inbox] in inbox.post(.captured(request, $0)) }
  }

  func captured(_ request: ControlID, _ result: Result<FolderCapture, StoreError>) {
    do throws(StoreError) {
      let capture = try result.get()
      guard let receiver = control.handOver(request, poller) else {
        endBackup()
        return
      }
      do throws(Errno) {
        try backups.send(capture, to: receiver)
      } catch {
        endBackup()
        log("warning", text: "a backup could not be sent: \(error)")
      }
    } catch {
      endBackup()
      log("warning", text: "a backup could not be taken: \(error)")
      control.reply(request, .failure(ControlError(.backupFailed, "\(error)")))
    }
  }

  @discardableResult
  private func endBackup() -> ControlPeer? {
    transfers.endBackup()
    return backups.end()
  }

  func backedUp(_ end: BackupStream.End) {
    let by = endBackup()
    switch end {
    case .sent(let files, let bytes):
      let fields: [LogRecord.Field] = [.init("files", "\(files)"), .init("bytes", "\(bytes)")]
      log("backed-up", fields + (by.map { [.init("by", $0.user), .init("uid", "\($0.uid)")] } ?? []))
    case .failed(let reason): log("warning", text: "a backup was broken off: \(reason)")
    }
  }
}

/// One backup on its way to its client, as a tar archive behind the answer, a bounded piece at a time. Where it is broken
/// off the archive has no end, and lacks the sums that would be its last member.
struct BackupStream: Sendable {
  enum End: Sendable {
    case sent(files: Int, bytes: Int64)
    case failed(reason: String)
  }

  private enum Failure: Error {
    case client(Errno)
    /// The client takes nothing.
    case stalled
    case file(String, Errno)
    /// The file is shorter than it was.
    case cut(String)
  }

  private static let pieceBytes = 256 << 10

  private let capture: FolderCapture
  private let socket: Socket
  private let request: Int
  private let timeout_ms: Int64

  private final class Socket: Sendable {
    let descriptor: FileDescriptor
    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
  }

  /// `request` is the client's own number for it; `socket` does not block.
  init(
    _ capture: FolderCapture, to socket: consuming FileDescriptor, request: Int, timeout_ms: Int64
  ) {
    self.capture = capture
    self.socket = Socket(socket)
    self.request = request
    self.timeout_ms = timeout_ms
  }

  /// Sends it and ends the conversation.
  func run() -> End {
    defer { try? socket.descriptor.shutdownWrite() }
    do throws(Failure) {
      let poller = try attempt { () throws(Errno) in
        let poller = try Poller(events_max: 1)
        try poller.add(socket.descriptor.rawValue, token: 0, interest: .writable)
        return poller
      }
      let sums = try send(poller)
      return .sent(files: sums.count, bytes: sums.reduce(0) { $0 + $1.size })
    } catch {
      switch error {
      case .client(.brokenPipe), .client(.connectionReset): return .failed(reason: "whoever asked for it has gone")
      case .client(let errno): return .failed(reason: "it cannot be sent: \(errno)")
      case .stalled: return .failed(reason: "whoever asked for it did not take it")
      case .file(let name, let errno): return .failed(reason: "\(name) cannot be read: \(errno)")
      case .cut(let name): return .failed(reason: "\(name) became shorter while it was read; take another backup")
      }
    }
  }

  private func attempt<Value: ~Copyable>(_ body: () throws(Errno) -> Value) throws(Failure) -> Value {
    do throws(Errno) { return try body() } catch { throw .client(error) }
  }

  private func send(_ poller: borrowing Poller) throws(Failure) -> [BackupSum] {
    let manifest = BackupManifest(
      server: chatVersion, time: capture.time,
      files: capture.files.map { BackupManifest.File(name: $0.name, size: $0.size) })
    let answer = ControlResponse(id: request, result: .success(.backup(bytes: manifest.bytes))).encode()
    try send(answer + member(BackupName.manifest, manifest.encode()), poller)
    var sums: [BackupSum] = []
    for file in capture.files {
      if let sum = try send(file, poller) { sums.append(sum) }
    }
    try send(member(BackupName.sums, BackupSum.encode(sums)) + TarMember.end, poller)
    return sums
  }

  /// nil for a shared file that was removed meanwhile.
  private func send(_ file: CapturedFile, _ poller: borrowing Poller) throws(Failure) -> BackupSum? {
    let descriptor: FileDescriptor
    do throws(Errno) {
      descriptor = try file.open()
    } catch {
      if error == .noSuchFileOrDirectory { return nil }
      throw .file(file.name, error)
    }
    try send(header(file.name, file.size), poller)
    var cksum = Cksum()
    var position: Int64 = 0
    while position < file.size {
      let piece: [UInt8]
      do throws(Errno) {
        let count = Int(min(file.size - position, Int64(Self.pieceBytes)))
        piece = try descriptor.pread(upTo: count, at: position)
      } catch {
        throw .file(file.name, error)
      }
      if piece.isEmpty { throw .cut(file.name) }
      cksum.append(piece.span)
      position += Int64(piece.count)
      try send(piece, poller)
    }
    try send([UInt8](repeating: 0, count: TarMember.padding(behind: file.size)), poller)
    return BackupSum(cksum: cksum.value, size: file.size, name: file.name)
  }

  private func member(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
    header(name, Int64(bytes.count)) + bytes
      + [UInt8](repeating: 0, count: TarMember.padding(behind: Int64(bytes.count)))
  }

  private func header(_ name: String, _ size: Int64) -> [UInt8] {
    TarMember(
      name: name, size: size, modified_s: capture.time.milliseconds / 1000, userID: CurrentProcess.userID,
      groupID: CurrentProcess.groupID
    ).header
  }

  /// Waits as long as the client takes something now and then.
  private func send(_ bytes: [UInt8], _ poller: borrowing Poller) throws(Failure) {
    var sent = 0
    while sent < bytes.count {
      let count: Int?
      do throws(Errno) { count = try socket.descriptor.send(bytes[sent...]) } catch { throw .client(error) }
      if let count {
        sent += count
      } else {
        try wait(poller)
      }
    }
  }

  private func wait(_ poller: borrowing Poller) throws(Failure) {
    do throws(Errno) {
      if try poller.wait(timeout_ms: Int32(clamping: timeout_ms), { _ in }) > 0 { return }
    } catch {
      throw .client(error)
    }
    throw .stalled
  }
}
