import ChatCore
package import POSIX

// What the store does when the disk fails, or when another program moves or removes its files.
extension Store {
  package var isHolding: Bool { held != nil }

  /// Why nothing can be written, for people.
  package func reason(for errno: Errno) -> String {
    errno == .noSuchFileOrDirectory ? "\(folder.path) does not exist" : "\(errno)"
  }

  /// Retains appended data in memory from now on. What was appended before has its room reserved, and the turn's commit writes
  /// it. The store's thread probes the disk about once a second and then reports `StoreNotice.diskRecovered`; call `resume`
  /// after that, between two turns.
  ///
  /// - Parameter includingTurn: no room was reserved for the turn: it waits as well.
  package func hold(includingTurn: Bool = false) {
    if held == nil { held = PendingTurns() }
    if includingTurn {
      held!.prepend(lines, privateLines, records)
      discardTurn()
    }
    if !hasEnded { thread.post(.diskFailed) }
  }

  private func discardTurn() {
    lines = []
    privateLines = []
    appended = position
    records = []
    journal.discardTurn()
    // A lease of this turn was not written.
    ids.take(lease: max(journal.lease, ids.value + 1))
    logReserve.release()
    privateReserve.release()
  }

  /// Writes what was retained, and returns how many log lines were dropped. When it throws, the store still holds. A folder that
  /// replaced the old one is adopted: everything is written there.
  package func resume() throws(StoreError) -> Int {
    guard let pending = held else { return 0 }
    precondition(!hasUncommitted, "data with reserved room is committed before")
    do throws(StoreError) {
      try adoptFolder()
      do throws(Errno) {
        try throwPendingError()
        try log.cutRest(behind: logSize)
        try log.companion?.cutRest(behind: privateSize)
        try journal.cutRest()
        try beginJournal()
        held = nil
        lines = pending.lines
        privateLines = pending.privateLines
        appended.advance(over: lines)
        for record in pending.records { append(record) }
        try makeRoom()
        try commit()
        return pending.linesLost
      } catch {
        throw StoreError(path: folder.log, doing: "written", error)
      }
    } catch {
      discardTurn()
      held = pending
      if !hasEnded { thread.post(.diskFailed) }
      throw error
    }
  }

  /// Looks for changes by other programs. A removed file is replaced by a new one, because data written to it could not be read
  /// again. A file that was cut has lost the room reserved behind its end.
  func checkFiles() throws(Errno) {
    let status = try log.status()
    let privateStatus = try log.companion?.status()
    if status.links == 0 || privateStatus?.links == 0 {
      try beginLog()
    } else {
      if status.size != logSize { logReserve.release() }
      if let privateStatus, privateStatus.size != privateSize { privateReserve.release() }
    }
    if status.size < logSize { hasNewLog = true }
    logSize = try log.status().size
    privateSize = try log.companion?.status().size ?? 0
    if try journal.isGone() {
      mistrustsJournal = true
      try beginJournal()
    }
  }

  /// Opens the logs, unless they are the files that are open already.
  private func beginLog() throws(Errno) {
    let opened = try Self.openLogs(of: folder, disk)
    let (old, new) = (try log.status(), try opened.status())
    let isSame = old.device == new.device && old.inode == new.inode
    let isSamePrivate = try isPrivateLog(opened.companion)
    if isSame, isSamePrivate { return }
    // The next sync covers the new file alone. Rotations are rare, so this one may block.
    if policy == .always { try log.sync() }
    log.trim()
    durability.lastSync = [durability.lastSync, log.lastSync].compactMap(\.self).max()
    log = opened
    logReserve.release()
    privateReserve.release()
    logSize = new.size
    privateSize = try opened.companion?.status().size ?? 0
    if !isSame { hasNewLog = true }
    if !hasEnded { thread.post(.logOpened(opened)) }
  }

  private func isPrivateLog(_ opened: LogFile?) throws(Errno) -> Bool {
    guard let old = try log.companion?.status(), let new = try opened?.status() else { return false }
    return old.device == new.device && old.inode == new.inode
  }

  /// `chat.log` with `private.log`, both made where they are missing.
  static func openLogs(of folder: DataFolder, _ disk: DiskCalls) throws(Errno) -> LogFile {
    try LogFile(path: folder.log, companion: try LogFile(path: folder.privateLog, disk: disk), disk: disk)
  }

  /// Begins a new journal where that is due. Until the readable files are written, changes of the old one are in memory only.
  func beginJournal() throws(Errno) {
    guard mistrustsJournal, !hasEnded, !journal.isMoving else { return }
    if try journal.isGone() { journal.begin(try JournalFile(path: folder.journal, disk: disk)) }
    thread.post(.writeEverything)
    mistrustsJournal = false
  }

  /// Locks the folder at the data path, where it is not the one in use, and begins its files.
  private func adoptFolder() throws(StoreError) {
    do throws(Errno) {
      let identity = try FolderIdentity(of: folder)
      if identity == self.identity { return }
      // A folder that another server uses stays untouched.
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

  /// Whether the log was replaced or cut since the last call.
  package func takeHasNewLog() -> Bool {
    defer { hasNewLog = false }
    return hasNewLog
  }

  /// Opens `chat.log` and `private.log` again, after they were rotated.
  package func reopenLog() throws(Errno) {
    if hasUncommitted { try commit() }
    // While the folder is missing there is no file to open; `resume` does it.
    if !isHolding { try beginLog() }
  }
}

/// Lines and records that wait in memory while the disk fails, in their order.
struct PendingTurns {
  private(set) var lines: [UInt8] = []
  private(set) var privateLines: [UInt8] = []
  /// Only of what cannot be refused, such as a disconnect; so there are few.
  var records: [Record] = []
  /// How many lines of the log were dropped.
  private(set) var linesLost = 0

  private static let linesBytesMax = 1 << 20

  /// `stamp` is the line's formatted time.
  mutating func append(_ line: LogRecord, _ stamp: [UInt8]) {
    guard lines.count < Self.linesBytesMax else {
      linesLost += 1
      return
    }
    lines += stamp
    LogFormat.append(line, into: &lines)
  }

  mutating func append(private line: LogRecord, _ stamp: [UInt8]) {
    guard privateLines.count < Self.linesBytesMax else {
      linesLost += 1
      return
    }
    privateLines += stamp
    LogFormat.append(line, into: &privateLines)
  }

  mutating func prepend(_ lines: [UInt8], _ privateLines: [UInt8], _ records: [Record]) {
    self.lines = lines + self.lines
    self.privateLines = privateLines + self.privateLines
    self.records = records + self.records
  }
}
