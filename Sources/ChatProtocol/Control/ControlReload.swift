package struct ControlReload: Equatable, Sendable {
  /// What was applied now, in the files' order.
  package var changes: [ControlChange]
  /// Changed settings that take effect at the next start.
  package var settingsForRestart: [String]
  /// Edits that are not applied: `FILE:LINE: problem; fix`.
  package var faults: [String]
  /// What the server applied by itself shortly before; empty if something was applied now.
  package var recent: [ControlRecentEdit]

  package init(
    changes: [ControlChange], settingsForRestart: [String] = [], faults: [String] = [], recent: [ControlRecentEdit] = []
  ) {
    self.changes = changes
    self.settingsForRestart = settingsForRestart
    self.faults = faults
    self.recent = recent
  }
}

extension ControlReload: CodedRecord {
  package static let meaning = "\"reloaded\""
  package static let blank = ControlReload(changes: [])

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("changes", &changes)
    try coder.field("settings_for_restart", &settingsForRestart)
    try coder.field("faults", &faults)
    try coder.field("recent", &recent)
  }
}

package struct ControlRecentEdit: Equatable, Sendable {
  /// The file's name: `users.csv`.
  package var file: String
  /// How many rows, rooms, or settings files it changed.
  package var changes: Int
  package var time: Timestamp
  /// The first changes that a person may want to undo or repeat: rows removed or kept.
  package var remarks: [ControlChange]

  package static let remarksMax = 10

  package init(file: String, changes: Int, time: Timestamp, remarks: [ControlChange] = []) {
    self.file = file
    self.changes = changes
    self.time = time
    self.remarks = remarks
  }
}

extension ControlRecentEdit: CodedRecord {
  package static let meaning = "a recent edit"
  package static let blank = ControlRecentEdit(file: "", changes: 0, time: .first)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("file", &file)
    try coder.field("changes", &changes)
    try coder.field("time", &time)
    try coder.field("remarks", &remarks)
  }
}

package struct ControlChange: Equatable, Sendable {
  package enum Kind: String, Sendable, CaseIterable, FieldValue {
    case added, changed, removed
    /// Not changed: the edit may come from an older version of the file.
    case kept
  }

  /// The file's name: `users.csv`.
  package var file: String
  /// For a row of `users.csv`.
  package var user: Name?
  /// For an entry of `rooms.json`.
  package var room: Name?
  package var change: Kind
  /// The columns, keys or settings that the edit changed.
  package var fields: [String]
  /// Those in which the edit replaced a change of the server's own.
  package var conflicts: [String]
  /// The file with the removed entry; nil if nothing was removed.
  package var copy: String?

  /// In `conflicts`: the server had removed what the edit changed.
  package static let removal = "removal"

  package init(
    file: String, user: Name? = nil, room: Name? = nil, change: Kind, fields: [String] = [], conflicts: [String] = [],
    copy: String? = nil
  ) {
    self.file = file
    self.user = user
    self.room = room
    self.change = change
    self.fields = fields
    self.conflicts = conflicts
    self.copy = copy
  }
}

extension ControlChange: CodedRecord {
  package static let meaning = "a change"
  package static let blank = ControlChange(file: "", change: .changed)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("file", &file)
    try coder.nullable("user", &user)
    try coder.nullable("room", &room)
    try coder.field("change", &change)
    try coder.field("fields", &fields)
    try coder.field("gave_way", &conflicts)
    try coder.nullable("copy", &copy)
  }
}
