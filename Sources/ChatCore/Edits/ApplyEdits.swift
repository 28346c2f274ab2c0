import ChatProtocol

/// The edit being applied, and the inputs that wait for it.
struct EditQueue: Sendable {
  var active: ActiveEdit?
  /// Inputs that arrived meanwhile and change rows, in order.
  var deferred: Pieces<Input> = []
  /// Replies to requests for a reload.
  var reloads: [ControlID: ReloadReply] = [:]
  /// The last edit of each file that was applied without a request.
  var automaticReloads: [String: AutomaticReload] = [:]

  var isIdle: Bool { active == nil && deferred.isEmpty }
}

/// The part of an edit that is not applied yet. Each turn applies a bounded piece, so that chat continues.
struct ActiveEdit: Sendable {
  /// The greatest cost of one turn. A row costs `row`, each effect of it `effect`, and each name in it one.
  static let workMax = 4000
  static let row = 16
  static let effect = 4

  let number: UInt64
  var accounts: Pieces<Edit.Change<Account>>
  /// Addresses that move from one row to another; see `EditedRows.swift`.
  var addresses: Pieces<ReassignedAddress> = []
  var rooms: Pieces<Edit.Change<RoomRecord>>
  /// Whether the store waits for `Record.edited`.
  let changesRows: Bool
  let askedBy: [ControlID]
  /// The files in which the rows removed by the edit are saved.
  let accountsRemoved: String?
  let roomsRemoved: String?

  init(_ edit: Edit) {
    number = edit.number
    accounts = edit.accounts
    rooms = edit.rooms
    changesRows = edit.changesRows
    askedBy = edit.askedBy
    accountsRemoved = edit.accountRemarks.removed
    roomsRemoved = edit.roomRemarks.removed
  }
}

// Hand edits of the files are applied while the server runs.
//
// The core merges each row of the edit with its own, and records the row if its own differs from the one that was
// edited. After the last row it records `Record.edited`. Then the store makes the edited file its document, with the
// recorded rows. Until then the store does not write the file, and a crash finds the edit in the file and the recorded
// rows in the journal. Inputs that change rows wait for the end of the edit, as do saves and backups, which must
// contain all of it. All other inputs continue.
extension Core {
  /// Begins an edit, which `continueEdit` applies.
  mutating func begin(_ edit: Edit) {
    precondition(edits.active == nil, "an edit waits for the one before it")
    edits.active = ActiveEdit(edit)
    for request in edit.askedBy {
      edits.reloads[request] = ReloadReply(settingsForRestart: edit.settingsForRestart, faults: edit.faults)
    }
    applySettings(edit.settings, forRestart: edit.settingsForRestart)
    if let motd = edit.motd {
      self.motd = motd
      report(ControlChange(file: "motd.txt", change: .changed))
    }
    for (file, remarks) in [("users.csv", edit.accountRemarks), ("rooms.json", edit.roomRemarks)] {
      for warning in remarks.warnings { log("warning", ["file": file], text: warning) }
    }
    for kept in edit.accountRemarks.kept {
      report(ControlChange(file: "users.csv", user: kept.name, change: .kept, fields: kept.fields))
    }
    for kept in edit.roomRemarks.kept {
      report(ControlChange(file: "rooms.json", room: kept.name, change: .kept, fields: kept.fields))
    }
  }

  /// Continues the edit, and then the inputs that waited for it, as far as one turn may.
  mutating func continueEdit() {
    var left = ActiveEdit.workMax
    while left > 0 {
      let effectsBefore = effects.count
      if edits.active != nil {
        left -= applyNextRow()
      } else if !needsEntropy, let input = edits.deferred.popFirst() {
        left -= ActiveEdit.row
        performDeferred(input)
      } else {
        break
      }
      left -= ActiveEdit.effect * (effects.count - effectsBefore)
    }
    for (request, reload) in edits.reloads.sorted(by: { $0.key.number < $1.key.number }) where !reload.hasBegun {
      edits.reloads[request]!.hasBegun = true
      continueReload(request)
    }
    if !edits.isIdle { effects.append(.continueEdit) }
  }

  /// Returns the cost of one row, without its effects.
  private mutating func applyNextRow() -> Int {
    if let change = edits.active!.accounts.popFirst() {
      apply(change)
      return ActiveEdit.row
    }
    if let address = edits.active!.addresses.popFirst() {
      apply(address)
      return ActiveEdit.row
    }
    if let change = edits.active!.rooms.popFirst() {
      apply(change)
      return ActiveEdit.row + change.nameCount
    }
    if edits.active!.changesRows { record(.edited(edits.active!.number)) }
    effects.append(.editApplied(edits.active!.number))
    for request in edits.active!.askedBy { edits.reloads[request]?.isComplete = true }
    edits.active = nil
    hashNextPlainPassword()
    return 0
  }

  private mutating func applySettings(_ settings: Settings?, forRestart: [String]) {
    if let settings {
      let changed = settings.differences(from: self.settings)
      self.settings = settings
      effects.append(.applySettings(settings))
      if !changed.isEmpty { report(ControlChange(file: "settings.json", change: .changed, fields: changed)) }
    }
    if !forRestart.isEmpty {
      log(
        "warning", ["file": "settings.json", "fields": forRestart.joined(separator: ",")],
        text: "these settings take effect at the next start")
    }
  }

  /// The server stops before the end of the edit. The last save applies the rest.
  mutating func abandonEdit() {
    guard let edit = edits.active else { return }
    edits.active = nil
    for (file, rows) in [("users.csv", edit.accounts.count), ("rooms.json", edit.rooms.count)] where rows > 0 {
      log(
        "edited", ["file": file, "rows": "\(rows)"],
        text: "the server stops before it has applied these rows; the last save applies them")
    }
  }

  // MARK: Inputs that wait

  func mustDefer(_ input: Input) -> Bool { !edits.isIdle && input.changesRows }

  mutating func deferInput(_ input: Input) {
    if let session = input.waitingSession {
      guard sessions.contains(session) else { return }
      effects.append(.hold(session))
    }
    edits.deferred.append(input)
  }

  private mutating func performDeferred(_ input: Input) {
    if let session = input.waitingSession {
      // The edit may have closed it.
      guard sessions.contains(session) else { return }
      effects.append(.release(session))
    }
    // One edit at a time; its rows come next.
    if case .edited(let edit) = input { begin(edit) } else { perform(input) }
  }

  /// The server stops and has forgotten all sessions: only requests of `chat-admin` get an error.
  mutating func refuseDeferred() {
    for request in edits.reloads.keys.sorted(by: { $0.number < $1.number }) { refuseStopping(.controlReady(request)) }
    edits.reloads = [:]
    while let input = edits.deferred.popFirst() { refuseStopping(input) }
  }

  // MARK: Reports

  /// Logs a change and adds it to the replies of requests for a reload.
  mutating func report(_ change: ControlChange) {
    for request in edits.active?.askedBy ?? [] { edits.reloads[request]?.append(change) }
    addAutomaticReload(change)
    let optional: [(String, String?)] = [
      ("user", change.user?.text), ("room", change.room?.text), ("change", change.change.rawValue),
      ("fields", change.fields.isEmpty ? nil : change.fields.joined(separator: ",")),
      ("gave_way", change.conflicts.isEmpty ? nil : change.conflicts.joined(separator: ",")), ("copy", change.copy),
    ]
    log("edited", ["file": change.file] + LogFields(optional.compactMap { key, value in value.map { .init(key, $0) } }))
  }

  private mutating func addAutomaticReload(_ change: ControlChange) {
    guard let edit = edits.active, edit.askedBy.isEmpty else { return }
    var reload = edits.automaticReloads[change.file]
    if reload?.number != edit.number { reload = AutomaticReload(number: edit.number, changes: 0, time: time) }
    reload!.changes += 1
    reload!.time = time
    if change.change == .removed || change.change == .kept, reload!.remarks.count < ControlRecentEdit.remarksMax {
      reload!.remarks.append(change)
    }
    edits.automaticReloads[change.file] = reload
  }

  /// The report for a request right after an automatic reload.
  private var recentEdits: [ControlRecentEdit] {
    edits.automaticReloads.filter {
      steady < $0.value.time.steady.adding(milliseconds: AutomaticReload.newsMilliseconds)
    }
    .map {
      ControlRecentEdit(
        file: $0.key, changes: $0.value.changes, time: $0.value.time.wall, remarks: $0.value.remarks)
    }
    .sorted { ($0.time, $0.file) < ($1.time, $1.file) }
  }

  /// Sends the next part of a reload's reply.
  mutating func continueReload(_ id: ControlID) {
    guard var reload = edits.reloads.removeValue(forKey: id) else { return }
    var part = ControlReload(changes: reload.changes.takeFirst(ReloadReply.changesMax))
    if reload.isComplete, reload.changes.isEmpty {
      part.settingsForRestart = reload.settingsForRestart
      part.faults = reload.faults
      if !reload.hasChanges { part.recent = recentEdits }
      answer(id, .reloaded(part))
    } else {
      effects.append(.replyPart(id, part.changes.isEmpty ? nil : .reloaded(part)))
      edits.reloads[id] = reload
    }
  }
}

/// The reply to a request for a reload, sent in parts while the edit is applied.
struct ReloadReply: Sendable {
  /// The greatest number of changes in a part.
  static let changesMax = 100

  var changes: Pieces<ControlChange> = []
  let settingsForRestart: [String]
  let faults: [String]
  var hasChanges = false
  /// No more changes will come.
  var isComplete = false
  /// The first part was sent.
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
  /// How long it is reported.
  static let newsMilliseconds: Int64 = 10_000

  let number: UInt64
  var changes: Int
  var time: TurnTime
  var remarks: [ControlChange] = []
}

extension Input {
  /// The session whose next line is not decoded until this input is applied.
  fileprivate var waitingSession: SessionID? {
    switch self {
    case .command(let id, _), .completed(let id, .passwordHashed): id
    default: nil
    }
  }

  /// Whether the input may change a row, needs the whole edit, or looks up an e-mail address, which may be moving
  /// between rows.
  fileprivate var changesRows: Bool {
    switch self {
    case .command(_, let command): command.flags.contains(.touchesRows)
    case .control(_, .save, _), .control(_, .backup, _): true
    case .control(_, let request, _): request.flags.contains(.touchesRows)
    case .completed(_, .passwordHashed), .controlPasswordHashed, .storedPasswordHashed, .edited: true
    case .started, .entropy, .connected, .invalidCommand, .completed, .transferEnded, .privateMessageTaken,
      .controlReady, .controlGone, .editRejected, .editContinues, .logReopened, .tick, .disconnected, .recording, .stop:
      false
    }
  }
}

extension Settings {
  /// The names of the settings that differ.
  fileprivate func differences(from other: Settings) -> [String] {
    Settings.names.filter { self[keyPath: $0.path] != other[keyPath: $0.path] }.map(\.name)
      + Settings.bounds.filter { self[keyPath: $0.path] != other[keyPath: $0.path] }.map(\.name)
      + Settings.switches.filter { self[keyPath: $0.path] != other[keyPath: $0.path] }.map(\.name)
      + Settings.networks.filter { self[keyPath: $0.path] != other[keyPath: $0.path] }.map(\.name)
  }
}

extension Edit.Change<RoomRecord> {
  fileprivate var nameCount: Int { (was?.nameCount ?? 0) + (now?.nameCount ?? 0) }
}

extension RoomRecord {
  fileprivate var nameCount: Int { moderators.count + banned.count + muted.count }
}
