package import ChatProtocol
package import POSIX

/// A notice for the operator: one line of the log.
package enum StoreNotice: Equatable, Sendable, CustomStringConvertible {
  /// Another program had replaced a file that was then written; its version is at `path`.
  case kept(file: String, path: String)
  /// Reported once, until a write succeeds.
  case writeFailed(file: String, Errno)
  case writeRecovered(file: String)
  /// The last save merged a hand edit into the file.
  case editedAtEnd(file: String, changes: Int)
  /// The file has a hand edit with an error, so the server does not write it.
  case writeBlocked(file: String)
  /// Another program has the file open for writing, so the server does not write it.
  case openInOtherProgram(file: String)
  /// The log ended in a torn line, which was moved to `path`.
  case logRepaired(path: String)
  /// Damaged lines of the log, not at its end, were skipped.
  case logDamaged(path: String, lines: Int)
  /// The log contains an id that no server issues; it was ignored.
  case idTooGreat(path: String, MessageID)
  /// The journal ended in a torn line, which was moved to `path`.
  case journalRepaired(path: String)
  /// The last server did not shut down; this many changes were only in the journal.
  case uncleanShutdown(changes: Int)
  /// A row was edited by hand after a crash, and the server's own unwritten changes to it were dropped.
  case changesDropped(file: String, key: String, changes: Int)
  /// A row lacked a change that the file had shown, and the journal restored it: the edit was made from an older version, or undid
  /// the change while no server ran.
  case changesRestored(file: String, key: String)
  /// An account's e-mail address was given to another one by hand after a crash.
  case addressDropped(user: String)
  /// The data folder is missing, moved or unreadable, or a sync failed: nothing can be recorded.
  case diskFailed(reason: String)
  /// The disk works again.
  case diskRecovered
  /// A shared file is missing, or has no entry; or another warning of the start.
  case fileWarning(String)
  case moreFileWarnings(Int)
  /// The folder, or a file with secrets, was accessible to other users.
  case madePrivate(path: String)

  package var description: String {
    switch self {
    case .kept(let file, let path):
      "another program changed \(file); its version is now \(path): stop the server, copy the changes into \(file), start again"
    case .writeFailed(let file, let errno): "\(file) cannot be written: \(errno); the server continues and retries"
    case .writeRecovered(let file): "\(file) can be written again"
    case .editedAtEnd(let file, let changes):
      "\(file) was edited during the shutdown; the edit (\(changes) entries) is saved with the server's own changes"
    case .writeBlocked(let file):
      "\(file) was edited and has an error; the server's own changes to it wait until you correct it"
    case .openInOtherProgram(let file):
      "another program has \(file) open for writing; the server's own changes to it wait in the journal until it is closed"
    case .logDamaged(let path, let lines):
      "\(lines) damaged line\(lines == 1 ? " was" : "s were") skipped in the log; to find them: "
        + "grep -navE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z ' \(path)*"
    case .idTooGreat(let path, let id):
      "\(path) contains the id \(id), which leaves no room for others, so the server ignores it; "
        + "you may remove its line while the server is stopped"
    case .logRepaired(let path): "chat.log ended in the middle of a line; that part was moved to \(path)"
    case .journalRepaired(let path):
      "journal.jsonl ended in the middle of a line, which was never acknowledged; that part was moved to \(path)"
    case .uncleanShutdown(let changes):
      "the server did not shut down cleanly the last time; "
        + (changes == 0 ? "the files were complete" : "changes recovered from the journal: \(changes)")
    case .changesDropped(let file, let key, let changes):
      "\(key) in \(file) was edited by hand after the server crashed; the edit is kept, "
        + "and \(changes == 1 ? "a change" : "\(changes) changes") of the server's own dropped"
    case .changesRestored(let file, let key):
      "\(key) in \(file) lacked a recent change of the server's own, which was restored from the journal; "
        + "to undo the change, edit the file again"
    case .addressDropped(let user):
      "the e-mail address of \(user) was given to another account by hand after the server crashed; \(user) has none now"
    case .diskFailed(let reason): "nothing can be recorded: \(reason)"
    case .diskRecovered: "the disk works again"
    case .fileWarning(let warning): warning
    case .moreFileWarnings(let count): "\(count) more warnings; to see all of them: chat-server --check"
    case .madePrivate(let path): "\(path) was accessible to other users of the system; now only you have access"
    }
  }
}

/// The result of a save.
package struct SaveReport: Equatable, Sendable {
  /// The names of the written files.
  package var written: [String]
  package var notices: [StoreNotice]
}

/// Why a data folder cannot be used, and what to do.
package enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Files have errors; nothing was changed.
  case malformed([FileError])
  /// Another server uses the folder. Its process id and name, where known.
  case held(folder: String, pid: Int32?, process: String?)
  /// A required file or folder cannot be created.
  case cannotCreate(path: String, Errno)
  /// The permissions of a file or folder forbid it.
  case notPermitted(path: String, Errno)
  /// Any other system error.
  case failed(path: String, doing: String, Errno)

  /// Classifies a system error by its remedy.
  init(path: String, doing: String, creates: Bool = false, _ errno: Errno) {
    switch errno {
    case .permissionDenied, .notPermitted: self = .notPermitted(path: path, errno)
    default: self = creates ? .cannotCreate(path: path, errno) : .failed(path: path, doing: doing, errno)
    }
  }

  package var description: String {
    switch self {
    case .malformed(let errors): errors.map(\.description).joined(separator: "\n")
    case .held(let folder, let pid, let process):
      "\(folder) is in use by \(Self.words(pid: pid, process: process)); "
        + "stop that server first (chat-admin stop), or choose another folder with --data"
    case .cannotCreate(let path, let errno): "\(path) cannot be created: \(errno)"
    case .notPermitted(let path, let errno): "\(path): \(errno); check its owner and permissions (ls -ld)"
    case .failed(let path, let doing, let errno): "\(path) cannot be \(doing): \(errno)"
    }
  }

  private static func words(pid: Int32?, process: String?) -> String {
    guard let pid else { return "another process" }
    return "process \(pid)" + (process.map { " (\($0))" } ?? "")
  }
}
