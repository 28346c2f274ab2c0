import ChatCore
import ChatProtocol
import ChatStore
import POSIX

/// Sends backups to clients of the control socket, one at a time, on a thread of its own: the loop meets none of their bytes.
struct BackupService {
  private let inbox: Inbox<ServerMessage>
  private let patience_ms: Int64
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

  init(inbox: Inbox<ServerMessage>, patience_ms: Int64) {
    self.inbox = inbox
    self.patience_ms = patience_ms
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
      capture, to: try receiver.client.descriptor.duplicate(), request: receiver.id, patience_ms: patience_ms)
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
