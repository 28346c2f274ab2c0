import ChatCore
import ChatProtocol
import ChatStore
import POSIX

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
