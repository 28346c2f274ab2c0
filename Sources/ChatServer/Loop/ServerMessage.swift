import ChatCore
import ChatStore

/// What other threads tell the loop.
enum ServerMessage: Sendable {
  /// What a session or request waited for.
  case answer(Input)
  /// The same from the queue of passwords.
  case passwordAnswer(Input)
  /// A part of the log for clients of the control socket.
  case logRead(LogDesk.Answer)
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
