import ChatCore
import ChatStore
import POSIX

/// What other threads tell the loop.
enum ServerMessage: Sendable {
  /// What a session waited for, and how many microseconds of a processor it took.
  case answer(Input, work: Int)
  /// The same from the queue of passwords.
  case passwordAnswer(Input)
  /// A part of the log for clients of the control socket.
  case logRead(LogService.Answer)
  case transferEnded(SessionID, TransferEnd)
  case saved(ControlID, Result<SaveReport, StoreError>)
  case checked(ControlID, [Fault])
  case captured(ControlID, Result<FolderCapture, StoreError>)
  /// A backup was sent, or was not.
  case backedUp(BackupStream.End)
  /// Something that the store's thread wants the operator to know.
  case notice(StoreNotice)
  /// A thread of the store has something for `Store.collect`.
  case storeAnswered
  /// The store's thread looked for edits in the files.
  case looked(FolderLook)
  /// Somebody in this process wants the server to end.
  case stop(reason: String)
}

extension Inbox<ServerMessage> {
  /// Posts an answer with what it took this thread to find it.
  func post(answer: () -> Input) {
    let before = SystemClock.thread_ns
    let input = answer()
    post(.answer(input, work: Int((SystemClock.thread_ns - before) / 1000)))
  }
}
