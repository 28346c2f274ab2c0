package import POSIX

// Log, journal and folder, begun anew where somebody removed them or gave them another name.
extension Store {
  /// What others did to the files meanwhile. One that was removed is begun anew, because nothing written to it would be
  /// found again; one that was cut has lost the room behind its end.
  func checkFiles() throws(Errno) {
    let status = try log.status()
    if status.links == 0 { try beginLog() } else if status.size != logSize { logReserve.forget() }
    if status.size < logSize { hasNewLog = true }
    logSize = try log.status().size
    if try journal.isGone() {
      mistrustsJournal = true
      try beginJournal()
    }
  }

  /// Opens `chat.log`, unless that is the file that is open already.
  private func beginLog() throws(Errno) {
    let opened = try LogFile(path: folder.log, disk: disk)
    let (old, new) = (try log.status(), try opened.status())
    if old.device == new.device && old.inode == new.inode { return }
    // The next sync is the new file's alone. It happens once in a while that a log is rotated, so here it is waited for.
    if policy == .always { try log.sync() }
    log.trim()
    lastSync = [lastSync, log.lastSync].compactMap(\.self).max()
    log = opened
    logReserve.forget()
    logSize = new.size
    hasNewLog = true
    if !hasEnded { thread.post(.logOpened(opened)) }
  }

  /// Goes on in a new journal where that is due: the files are written, and until they are, what was in the old one stands
  /// in memory alone.
  func beginJournal() throws(Errno) {
    guard mistrustsJournal, !hasEnded, !journal.isMoving else { return }
    if try journal.isGone() { journal.begin(try JournalFile(path: folder.journal, disk: disk)) }
    thread.post(.writeEverything)
    mistrustsJournal = false
  }

  /// Locks the folder that has the name now, where it is another one than the one in use, and begins its files.
  func takeFolder() throws(StoreError) {
    do throws(Errno) {
      let identity = try FolderIdentity(of: folder)
      if identity == self.identity { return }
      // Nothing is begun in a folder that another server has.
      let lock: FolderLock
      do throws(StoreError) { lock = try Store.takeLock(of: folder) } catch { throw .wouldBlock }
      try beginLog()
      journal.begin(try JournalFile(path: folder.journal, disk: disk))
      self.lock = lock
      self.identity = identity
      if !hasEnded { thread.post(.folderReplaced(identity)) }
    } catch {
      throw StoreError(path: folder.path, doing: "used", error)
    }
  }

  /// Whether the log begins anew since the last time.
  package func takeHasNewLog() -> Bool {
    defer { hasNewLog = false }
    return hasNewLog
  }

  /// Goes on in a new `chat.log`, where somebody gave the old one another name.
  package func reopenLog() throws(Errno) {
    if hasUncommitted { try commit() }
    // One that was removed with its folder is no file to go on in; `resume` begins another.
    if !isHolding { try beginLog() }
  }
}
