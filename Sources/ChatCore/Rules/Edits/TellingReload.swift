import ChatProtocol

/// What somebody who asked for a look at the files is to be told of it: in parts, while the edit is taken over.
struct ReloadAnswer: Sendable {
  /// What a part tells at most.
  static let changes_max = 100

  var changes: Pieces<ControlChange> = []
  let settingsForRestart: [String]
  let faults: [String]
  /// Whether no more changes are to come.
  var isWhole = false
  /// Whether the first part, or the whole, was told.
  var hasBegun = false

  init(settingsForRestart: [String], faults: [String]) {
    self.settingsForRestart = settingsForRestart
    self.faults = faults
  }
}

extension Core {
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
      answer(id, .reloaded(told))
    } else {
      effects.append(.replyPart(id, told.changes.isEmpty ? nil : .reloaded(told)))
      reloads[id] = reload
    }
  }
}
