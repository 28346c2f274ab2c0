package import ChatProtocol
package import POSIX

/// What the operator is to know, a line of the log each.
package enum StoreNotice: Equatable, Sendable, CustomStringConvertible {
  /// Something that was not written here lay in the place of a file that was written; it is at `path` now.
  case kept(file: String, path: String)
  /// Told once, until it works again.
  case writeFailed(file: String, Errno)
  case writeWorksAgain(file: String)
  /// The last save met an edit and put it together with what it wrote.
  case editedAtEnd(file: String, changes: Int)
  /// Somebody's edit with a fault stands in the file, so the server does not write it.
  case heldBack(file: String)
  /// Another program has the file open for writing, so the server does not write it.
  case openElsewhere(file: String)
  /// The end of the log was no whole line; what was cut off is at `path`.
  case logMended(path: String)
  /// Lines of the log, not at its end, are none that were ever written; they were passed over.
  case logDamaged(path: String, lines: Int)
  /// The log tells of an id that no server gives out; it was passed over.
  case idTooGreat(path: String, MessageID)
  /// The end of the journal was no whole line; what was cut off is at `path`.
  case journalMended(path: String)
  /// The last server did not end by itself; so many changes stood in the journal alone.
  case unclean(changes: Int)
  /// A row was edited by hand after the server had died, and changes of the server's own that it did not show were dropped.
  case changesGaveWay(file: String, key: String, changes: Int)
  /// A row in the file was as it had been before a change of the server's own, which counts again: an edit was made of an older
  /// version of the file, or took the change back while no server ran.
  case changesRestored(file: String, key: String)
  /// An account's e-mail address was given to another one by hand after the server had died.
  case addressGaveWay(user: String)
  /// The data folder is gone, moved or unreadable, or what was written is not on the disk: nothing can be recorded.
  case diskFailed(reason: String)
  /// What failed may be tried again.
  case diskWorks
  /// Bytes of a shared file are missing, or have no entry.
  case fileFault(String)
  case moreFileFaults(Int)
  /// A file with secrets, or the folder, was open to others.
  case madePrivate(path: String)

  package var description: String {
    switch self {
    case .kept(let file, let path):
      "\(file) had been changed by somebody else; that version is kept as \(path): "
        + "stop the server, put its changes into \(file), start again"
    case .writeFailed(let file, let errno): "\(file) cannot be written: \(errno); the server goes on and tries again"
    case .writeWorksAgain(let file): "\(file) is written again"
    case .editedAtEnd(let file, let changes):
      "\(file) was edited while the server stopped; all of that (\(changes) entries) stands, with the server's own changes"
    case .heldBack(let file):
      "\(file) was edited and has a fault, so the server's own changes to it wait until that is mended"
    case .openElsewhere(let file):
      "another program has \(file) open for writing, so the server's own changes to it wait in the journal until it is closed"
    case .logDamaged(let path, let lines):
      "\(lines) damaged line\(lines == 1 ? " was" : "s were") passed over while the log was read; to see where: "
        + "grep -navE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z ' \(path)*"
    case .idTooGreat(let path, let id):
      "\(path) tells of the id \(id), which no server gives out and which leaves no room for others; it was passed over, "
        + "and with the server stopped its line may be taken out"
    case .logMended(let path): "chat.log ended in the middle of a line; what was cut off is kept as \(path)"
    case .journalMended(let path):
      "journal.jsonl ended in the middle of a line, which nobody was told of; what was cut off is kept as \(path)"
    case .unclean(let changes):
      "the server was not shut down the last time; "
        + (changes == 0
          ? "the files showed everything"
          : "changes that the files did not show yet were taken from the journal: \(changes)")
    case .changesGaveWay(let file, let key, let changes):
      "\(key) in \(file) was edited by hand after the server had died; the edit stays, "
        + "and \(changes == 1 ? "a change" : "\(changes) changes") of the server's own gave way"
    case .changesRestored(let file, let key):
      "\(key) in \(file) was as it had been before a recent change of the server's own, which the journal still had and which "
        + "counts again; if it was taken back on purpose, do that again"
    case .addressGaveWay(let user):
      "the e-mail address of \(user) was given to another account by hand after the server had died; \(user) has none now"
    case .diskFailed(let reason): "nothing can be recorded: \(reason)"
    case .diskWorks: "the disk works again"
    case .fileFault(let fault): fault
    case .moreFileFaults(let count): "and \(count) more of these; 'chat-server --check' tells them all"
    case .madePrivate(let path): "\(path) was open to other users of the system; it is yours alone now"
    }
  }
}

/// What a save did.
package struct SaveReport: Equatable, Sendable {
  /// The names of the files that were written.
  package var written: [String]
  package var notices: [StoreNotice]
}
