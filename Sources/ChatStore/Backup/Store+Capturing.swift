package import ChatProtocol
import POSIX

extension Store {
  /// Has everything as it was committed up to now captured for a backup, and then calls `completion` on the store's thread.
  /// Between two turns.
  package func capture(
    at time: Timestamp, completion: @escaping @Sendable (Result<FolderCapture, StoreError>) -> Void
  ) {
    precondition(!hasUncommitted && !hasEnded, "what is not committed is not captured")
    do throws(Errno) {
      // What a failing disk took of a turn that did not stand lies behind the length that is known.
      let size = isHolding ? logSize : try log.status().size
      let log = CapturedFile(BackupName.log, size: size, try log.reading())
      thread.post(.capture(FolderCapturing(folder: folder, log: log, time: time), completion))
    } catch {
      completion(.failure(StoreError(path: folder.log, doing: "read", error)))
    }
  }
}
