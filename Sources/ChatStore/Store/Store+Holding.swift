package import POSIX

// While nothing can be written, what is to be kept waits in memory.
extension Store {
  package var isHolding: Bool { held != nil }

  /// Why nothing can be written, for people.
  package func reason(for errno: Errno) -> String {
    errno == .noSuchFileOrDirectory ? "\(folder.path) is gone" : "\(errno)"
  }

  /// From now on what is appended waits in memory; what was appended before has its room, and the turn's commit writes it.
  /// The store's thread tries about once a second whether the disk works again, and then reports
  /// `StoreNotice.diskWorks`, upon which `resume` is to be called, between two turns.
  ///
  /// - Parameter includingTurn: no room was taken for the turn, and it waits as well.
  package func hold(includingTurn: Bool = false) {
    if held == nil { held = HeldTurns() }
    if includingTurn {
      held!.prepend(lines, records)
      forgetTurn()
    }
    if !hasEnded { thread.post(.diskFailed) }
  }

  /// What was appended is not to be written now.
  private func forgetTurn() {
    lines = []
    appended = position
    records = []
    journal.forgetTurn()
    // What was leased in the turn stands nowhere.
    ids.take(lease: max(journal.lease, ids.value + 1))
    logReserve.forget()
  }

  /// Writes what waited; how many lines of the log had no room even in memory. When it throws, it still holds. A folder
  /// that was put in the place of the former one is taken into use: all that is known will be written there.
  package func resume() throws(StoreError) -> Int {
    guard let waiting = held else { return 0 }
    precondition(!hasUncommitted, "what has its room is committed before")
    do throws(StoreError) {
      try takeFolder()
      do throws(Errno) {
        try throwFailure()
        try log.cutRest(behind: logSize)
        try journal.cutRest()
        try beginJournal()
        held = nil
        lines = waiting.lines
        appended.advance(over: lines)
        for record in waiting.records { append(record) }
        try makeRoom()
        try commit()
        return waiting.linesLost
      } catch {
        throw StoreError(path: folder.log, doing: "written", error)
      }
    } catch {
      forgetTurn()
      held = waiting
      if !hasEnded { thread.post(.diskFailed) }
      throw error
    }
  }
}
