import ChatProtocol

/// What somebody who asked for a look at the files is to be told of it: in parts, while the edit is taken over.
struct ReloadAnswer: Sendable {
  /// What a part tells at most.
  static let changes_max = 100

  var changes: Pieces<ControlChange> = []
  let settingsForRestart: [String]
  let faults: [String]
  /// Whether there was anything to tell.
  var hasChanges = false
  /// Whether no more changes are to come.
  var isWhole = false
  /// Whether the first part, or the whole, was told.
  var hasBegun = false

  init(settingsForRestart: [String], faults: [String]) {
    self.settingsForRestart = settingsForRestart
    self.faults = faults
  }

  mutating func append(_ change: ControlChange) {
    changes.append(change)
    hasChanges = true
  }
}

/// An edit of one file that the server noticed by itself.
struct AutomaticReload: Sendable {
  let number: UInt64
  var changes: Int
  var time: TurnTime
  var remarks: [ControlChange] = []
}

extension Core {
  /// So long ago it is still news to somebody who asks for a look right after an edit, and was not fast enough.
  private static let recent_ms: Int64 = 10_000

  mutating func noteAutomatic(_ change: ControlChange) {
    guard let edit, edit.askedBy.isEmpty else { return }
    var unasked = automaticReloads[change.file] ?? AutomaticReload(number: edit.number, changes: 0, time: time)
    if unasked.number != edit.number { unasked = AutomaticReload(number: edit.number, changes: 0, time: time) }
    unasked.changes += 1
    unasked.time = time
    if change.change == .removed || change.change == .kept, unasked.remarks.count < ControlRecentEdit.remarksMax {
      unasked.remarks.append(change)
    }
    automaticReloads[change.file] = unasked
  }

  private var recentEdits: [ControlRecentEdit] {
    automaticReloads.filter { steady < $0.value.time.steady.adding(milliseconds: Core.recent_ms) }
      .map {
        ControlRecentEdit(
          file: $0.key, changes: $0.value.changes, time: $0.value.time.wall, remarks: $0.value.remarks)
      }
      .sorted { ($0.time, $0.file) < ($1.time, $1.file) }
  }

  /// Tells those who have not been told anything yet.
  mutating func tellReloads() {
    for (request, reload) in reloads.sorted(by: { $0.key.number < $1.key.number }) where !reload.hasBegun {
      reloads[request]!.hasBegun = true
      continueReload(request)
    }
  }

  mutating func continueReload(_ id: ControlID) {
    guard var reload = reloads.removeValue(forKey: id) else { return }
    var told = ControlReload(changes: reload.changes.takeFirst(ReloadAnswer.changes_max))
    if reload.isWhole, reload.changes.isEmpty {
      told.settingsForRestart = reload.settingsForRestart
      told.faults = reload.faults
      if !reload.hasChanges { told.recent = recentEdits }
      answer(id, .reloaded(told))
    } else {
      effects.append(.replyPart(id, told.changes.isEmpty ? nil : .reloaded(told)))
      reloads[id] = reload
    }
  }
}
