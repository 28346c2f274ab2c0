import ChatProtocol

/// An edit on its way into the state: what is left of it. However many rows it has, a turn does a bounded piece of it, and who
/// chats notices nothing.
struct ActiveEdit: Sendable {
  /// What the work of one turn may come to. A row costs `row`, each effect of it `effect`, and each name in it one.
  static let workMax = 4000
  static let row = 16
  static let effect = 4

  let number: UInt64
  var accounts: Pieces<Edit.Change<Account>>
  /// Addresses on their way from one row to another; see `TakingOver+Accounts.swift`.
  var addresses: Pieces<ReassignedAddress> = []
  var rooms: Pieces<Edit.Change<RoomRecord>>
  let askedBy: [ControlID]
  /// The files beside that hold the rows which the edit takes out.
  let accountsRemoved: String?
  let roomsRemoved: String?

  init(_ edit: Edit) {
    number = edit.number
    accounts = edit.accounts
    rooms = edit.rooms
    askedBy = edit.askedBy
    accountsRemoved = edit.accountRemarks.removed
    roomsRemoved = edit.roomRemarks.removed
  }
}

// Edits that somebody made by hand in the files, taken over while the server runs.
//
// With `Record.edited`, before the first row, the store's documents become the person's files, with the server's own changes on
// top: from then on a save writes all of the edit and loses nothing, however far the rules have come with it, and a crash finds
// it in the file. Each row that the rules put together with a change of their own is recorded when its turn comes, as replacing
// the person's. So that nothing is recorded meanwhile which knows one of those rows as it was before, all that changes a row
// waits until the edit is through (`WaitingForEdit.swift`). Everything else goes on: to that, an edit is as many small ones.
extension Core {
  /// Notes an edit, whose rows are taken over by `continueEdit`. No other may be under way.
  mutating func begin(_ edit: Edit) {
    precondition(self.edit == nil, "an edit waits for the one before it")
    if edit.changesRows { record(.edited(edit.number)) }
    self.edit = ActiveEdit(edit)
    for request in edit.askedBy {
      reloads[request] = ReloadReply(settingsForRestart: edit.settingsForRestart, faults: edit.faults)
    }
    apply(settings: edit.settings, forRestart: edit.settingsForRestart)
    for (file, remarks) in [("users.csv", edit.accountRemarks), ("rooms.json", edit.roomRemarks)] {
      for warning in remarks.warnings { log("warning", [.init("file", file)], text: warning) }
    }
    for kept in edit.accountRemarks.kept {
      reportChange(ControlChange(file: "users.csv", user: kept.name, change: .kept, fields: kept.fields))
    }
    for kept in edit.roomRemarks.kept {
      reportChange(ControlChange(file: "rooms.json", room: kept.name, change: .kept, fields: kept.fields))
    }
  }

  /// Goes on with the edit, and then with what waited for it, as far as one turn may.
  mutating func continueEdit() {
    var left = ActiveEdit.workMax
    while left > 0 {
      let effectsBefore = effects.count
      if edit != nil {
        left -= applyNextRow()
      } else if let input = deferredInputs.popFirst() {
        left -= ActiveEdit.row
        performDeferred(input)
      } else {
        break
      }
      left -= ActiveEdit.effect * (effects.count - effectsBefore)
    }
    beginReloadReplies()
    if edit != nil || !deferredInputs.isEmpty { effects.append(.continueEdit) }
  }

  /// One row; what it costs besides its effects.
  private mutating func applyNextRow() -> Int {
    if let change = edit!.accounts.popFirst() {
      apply(change)
      return ActiveEdit.row
    }
    if let moving = edit!.addresses.popFirst() {
      setAddress(moving)
      return ActiveEdit.row
    }
    if let change = edit!.rooms.popFirst() {
      apply(change)
      return ActiveEdit.row + change.nameCount
    }
    effects.append(.editApplied(edit!.number))
    for request in edit!.askedBy { reloads[request]?.isWhole = true }
    edit = nil
    hashNextPlainPassword()
    return 0
  }

  private mutating func apply(settings: Settings?, forRestart: [String]) {
    if let settings {
      let changed = settings.differences(from: self.settings)
      self.settings = settings
      effects.append(.applySettings(settings))
      if !changed.isEmpty { reportChange(ControlChange(file: "settings.json", change: .changed, fields: changed)) }
    }
    if !forRestart.isEmpty {
      log(
        "warning", [.init("file", "settings.json"), .init("fields", forRestart.joined(separator: ","))],
        text: "these settings were changed too and count from the server's next start")
    }
  }

  /// The server stops before all of the edit was part. The store's documents have all of it already.
  mutating func abandonEdit() {
    guard let edit else { return }
    self.edit = nil
    for (file, rows) in [("users.csv", edit.accounts.count), ("rooms.json", edit.rooms.count)] where rows > 0 {
      log(
        "edited", [.init("file", file), .init("rows", "\(rows)")],
        text: "the server stops before it has reported each of these rows; all of them are in force")
    }
  }

  /// Notes that a password which the person typed is to be hashed.
  mutating func queuePlainPassword(_ owner: StoredSecret.Owner, _ password: String?) {
    guard let secret = password?.plainSecret else { return }
    plainPasswords.append(StoredSecret(owner: owner, secret: secret))
  }

  mutating func reportChange(_ change: ControlChange) {
    for request in edit?.askedBy ?? [] { reloads[request]?.append(change) }
    addAutomaticReload(change)
    var fields = [LogRecord.Field("file", change.file)]
    if let user = change.user { fields.append(.init("user", user.text)) }
    if let room = change.room { fields.append(.init("room", room.text)) }
    fields.append(.init("change", change.change.rawValue))
    if !change.fields.isEmpty { fields.append(.init("fields", change.fields.joined(separator: ","))) }
    if !change.conflicts.isEmpty { fields.append(.init("gave_way", change.conflicts.joined(separator: ","))) }
    if let copy = change.copy { fields.append(.init("copy", copy)) }
    log("edited", fields)
  }
}

extension Settings {
  /// The names of the settings that are others.
  fileprivate func differences(from other: Settings) -> [String] {
    Settings.bounds.filter { self[keyPath: $0.path] != other[keyPath: $0.path] }.map(\.name)
      + Settings.switches.filter { self[keyPath: $0.path] != other[keyPath: $0.path] }.map(\.name)
  }
}

extension Edit.Change<RoomRecord> {
  fileprivate var nameCount: Int { (was?.nameCount ?? 0) + (now?.nameCount ?? 0) }
}

extension RoomRecord {
  fileprivate var nameCount: Int { moderators.count + banned.count + muted.count }
}

/// What somebody who asked for a look at the files is to be part of it: in parts, while the edit is taken over.
struct ReloadReply: Sendable {
  /// What a part tells at most.
  static let changesMax = 100

  var changes: Pieces<ControlChange> = []
  let settingsForRestart: [String]
  let faults: [String]
  /// Whether there was anything to tell.
  var hasChanges = false
  /// Whether no more changes are to come.
  var isWhole = false
  /// Whether the first part, or the whole, was part.
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
  private static let recentMilliseconds: Int64 = 10_000

  mutating func addAutomaticReload(_ change: ControlChange) {
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
    automaticReloads.filter { steady < $0.value.time.steady.adding(milliseconds: Core.recentMilliseconds) }
      .map {
        ControlRecentEdit(
          file: $0.key, changes: $0.value.changes, time: $0.value.time.wall, remarks: $0.value.remarks)
      }
      .sorted { ($0.time, $0.file) < ($1.time, $1.file) }
  }

  /// Tells those who have not been part anything yet.
  mutating func beginReloadReplies() {
    for (request, reload) in reloads.sorted(by: { $0.key.number < $1.key.number }) where !reload.hasBegun {
      reloads[request]!.hasBegun = true
      continueReload(request)
    }
  }

  mutating func continueReload(_ id: ControlID) {
    guard var reload = reloads.removeValue(forKey: id) else { return }
    var part = ControlReload(changes: reload.changes.takeFirst(ReloadReply.changesMax))
    if reload.isWhole, reload.changes.isEmpty {
      part.settingsForRestart = reload.settingsForRestart
      part.faults = reload.faults
      if !reload.hasChanges { part.recent = recentEdits }
      answer(id, .reloaded(part))
    } else {
      effects.append(.replyPart(id, part.changes.isEmpty ? nil : .reloaded(part)))
      reloads[id] = reload
    }
  }
}
