import ChatCore
import ChatProtocol
import ChatStore
import POSIX
import Tar

/// Sends backups to clients of the control socket, one at a time, on a thread of its own: the loop handles none of their bytes.
struct BackupService {
  private let inbox: Inbox<ServerMessage>
  /// How long the client may take nothing.
  private let timeout: Duration
  private var phase = Phase.idle

  private enum Phase {
    case idle
    /// To be captured once the turn is committed.
    case requested(ControlID)
    case capturing
    case sending(HelperThread, TransportStream, to: ControlPeer)
    /// The thread has been joined, and its message is not handled yet.
    case stopped(ControlPeer)
  }

  init(inbox: Inbox<ServerMessage>, timeout: Duration) {
    self.inbox = inbox
    self.timeout = timeout
  }

  /// False while another backup is being taken.
  mutating func begin(_ request: ControlID) -> Bool {
    guard case .idle = phase else { return false }
    phase = .requested(request)
    return true
  }

  /// The request for which everything is to be captured, once.
  mutating func takeRequest() -> ControlID? {
    guard case .requested(let request) = phase else { return nil }
    phase = .capturing
    return request
  }

  /// Sends what was captured. Ends with `ServerMessage.backupEnded`.
  mutating func send(_ capture: FolderCapture, to client: ControlListener.HandedOver) throws(Errno) {
    let stream = try client.connection.transport.stream(.outgoing)
    let backup = BackupStream(capture: capture, socket: stream, request: client.id, timeout: timeout)
    let thread = try HelperThread(niceness: 10) { [inbox] in
      inbox.post(.backupEnded(backup.run()))
      // Afterwards: a client that has seen the end may ask for the next backup at once.
      stream.endOutput()
    }
    phase = .sending(thread, stream, to: client.connection.peer)
  }

  /// The backup has ended. Returns who got it, or some of it.
  mutating func end() -> ControlPeer? {
    defer { phase = .idle }
    switch phase {
    case .sending(let thread, _, let peer):
      thread.join()
      return peer
    case .stopped(let peer): return peer
    case .idle, .requested, .capturing: return nil
    }
  }

  /// Breaks off the backup. False where the thread is still at work at the deadline.
  mutating func stop(until deadline: Instant) -> Bool {
    guard case .sending(let thread, let stream, let peer) = phase else { return true }
    stream.cut()
    phase = .stopped(peer)
    return thread.join(untilNanoseconds: deadline.nanoseconds)
  }
}

// A backup: at the end of a turn the store captures all that is committed, and a thread sends it.
extension Server {
  func beginBackup(_ request: ControlID) {
    guard !backups.begin(request) else { return }
    control.reply(
      request, .failure(ControlError(.busy, "another backup is being taken; try again when that has ended")))
  }

  /// Between two turns: everything that was acknowledged before is in it, and nothing of the next turn.
  func captureBackup() {
    guard !store.hasUncommitted, let request = backups.takeRequest() else { return }
    transfers.beginBackup()
    let work = controlWork(request)
    store.capture(at: clock.now) { work.finish(.captured(request, $0)) }
  }

  func captured(_ request: ControlID, _ result: Result<FolderCapture, StoreError>) {
    do throws(StoreError) {
      let capture = try result.get()
      guard let client = control.handOver(request, poller) else {
        endBackup()
        return
      }
      do throws(Errno) {
        try backups.send(capture, to: client)
      } catch {
        endBackup()
        log("warning", text: "cannot send a backup: \(error)")
      }
    } catch {
      endBackup()
      log("warning", text: "cannot take a backup: \(error)")
      control.reply(request, .failure(ControlError(.backupFailed, "\(error)")))
    }
  }

  @discardableResult
  private func endBackup() -> ControlPeer? {
    transfers.endBackup()
    return backups.end()
  }

  func backupEnded(_ end: BackupStream.End) {
    let peer = endBackup()
    switch end {
    case .sent(let files, let bytes):
      let fields: [LogRecord.Field] = [.init("files", "\(files)"), .init("bytes", "\(bytes)")]
      log("backed-up", fields + (peer.map { [.init("by", $0.user), .init("uid", "\($0.uid)")] } ?? []))
    case .failed(let reason): log("warning", text: "a backup was interrupted: \(reason)")
    }
  }
}

/// One backup on its way to its client: the answer, then a tar archive, a bounded piece at a time. An interrupted archive
/// has no end, and lacks the sums that are its last member.
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
    case truncated(String)
  }

  private static let pieceBytes = 256 << 10

  let capture: FolderCapture
  let socket: TransportStream
  /// The client's own number for it.
  let request: Int
  let timeout: Duration

  /// Sends it. The connection stays open.
  func run() -> End {
    do throws(Failure) {
      let sums = try sendAll()
      return .sent(files: sums.count, bytes: sums.reduce(0) { $0 + $1.size })
    } catch {
      switch error {
      case .client(.brokenPipe), .client(.connectionReset): return .failed(reason: "the client disconnected")
      case .client(let errno): return .failed(reason: "cannot send: \(errno)")
      case .stalled: return .failed(reason: "the client did not read it")
      case .file(let name, let errno): return .failed(reason: "cannot read \(name): \(errno)")
      case .truncated(let name): return .failed(reason: "\(name) became shorter while it was read; take another backup")
      }
    }
  }

  private func sendAll() throws(Failure) -> [BackupSum] {
    let manifest = BackupManifest(
      server: chatVersion, time: capture.time,
      files: capture.files.map { BackupManifest.File(name: $0.name, size: $0.size) })
    let answer = ControlResponse(id: request, result: .success(.backup(bytes: manifest.bytes))).encode()
    try send(answer + member(BackupName.manifest, manifest.encode()))
    var sums: [BackupSum] = []
    for file in capture.files {
      if let sum = try send(file) { sums.append(sum) }
    }
    try send(member(BackupName.sums, BackupSum.encode(sums)) + TarMember.end)
    return sums
  }

  /// nil for a shared file that was removed meanwhile.
  private func send(_ file: CapturedFile) throws(Failure) -> BackupSum? {
    let descriptor: FileDescriptor
    do throws(Errno) {
      descriptor = try file.open()
    } catch {
      if error == .noSuchFileOrDirectory { return nil }
      throw .file(file.name, error)
    }
    try send(header(file.name, file.size))
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
      if piece.isEmpty { throw .truncated(file.name) }
      cksum.append(piece.span)
      position += Int64(piece.count)
      try send(piece)
    }
    try send([UInt8](repeating: 0, count: TarMember.padding(behind: file.size)))
    return BackupSum(cksum: cksum.value, size: file.size, name: file.name)
  }

  private func member(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
    header(name, Int64(bytes.count)) + bytes
      + [UInt8](repeating: 0, count: TarMember.padding(behind: Int64(bytes.count)))
  }

  private func header(_ name: String, _ size: Int64) -> [UInt8] {
    TarMember(
      name: name, size: size, modifiedSeconds: capture.time.milliseconds / 1000, userID: CurrentProcess.userID,
      groupID: CurrentProcess.groupID
    ).header
  }

  /// Waits as long as the client takes something now and then.
  private func send(_ bytes: [UInt8]) throws(Failure) {
    var sent = 0
    while sent < bytes.count {
      let isReady: Bool
      do throws(Errno) {
        if let count = try socket.send(bytes[sent...]) {
          sent += count
          isReady = true
        } else {
          isReady = try socket.waitUntilWritable(timeout)
        }
      } catch {
        throw .client(error)
      }
      if !isReady { throw .stalled }
    }
  }
}
