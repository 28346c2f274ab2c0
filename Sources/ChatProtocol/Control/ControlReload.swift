import JSON

/// What a look for hand edits found.
package struct ControlReload: Equatable, Sendable {
  /// What was taken over now, in the files' order.
  package var changes: [ControlChange]
  /// Settings that were changed too and count from the next start only.
  package var settingsForRestart: [String]
  /// Edits that are not taken over: `FILE:LINE: what is wrong, and how to mend it`.
  package var faults: [String]
  /// What the server had taken over by itself a moment before; empty where something was taken over now.
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

/// An edit of a file that the server noticed by itself.
package struct ControlRecentEdit: Equatable, Sendable {
  /// The file's name: `users.csv`.
  package var file: String
  /// How many rows, rooms, or settings files it changed.
  package var changes: Int
  package var time: Timestamp
  /// The first of the changes that somebody may want to undo or to make otherwise: what was removed or kept.
  package var remarks: [ControlChange]

  package static let remarksMax = 10

  package init(file: String, changes: Int, time: Timestamp, remarks: [ControlChange] = []) {
    self.file = file
    self.changes = changes
    self.time = time
    self.remarks = remarks
  }
}

/// One row, room or settings file that somebody edited.
package struct ControlChange: Equatable, Sendable {
  package enum Kind: String, Sendable {
    case added, changed, removed
    /// It stays as the server has it: the edit may have been made of an older version of the file.
    case kept
  }

  /// The file's name: `users.csv`.
  package var file: String
  /// Whose row it is, in `users.csv`.
  package var user: Name?
  /// Whose entry it is, in `rooms.json`.
  package var room: Name?
  package var change: Kind
  /// The columns, keys or settings that the person changed.
  package var fields: [String]
  /// Those where a change of the server's own gave way to the person's.
  package var conflicts: [String]
  /// The file beside that holds what was removed; nil where nothing was.
  package var copy: String?

  /// Stands among `conflicts` where the server had taken away what the person changed.
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

extension ControlReload {
  var json: JSONValue {
    [
      "changes": .array(changes.map(\.json)),
      "settings_for_restart": .strings(settingsForRestart),
      "faults": .strings(faults),
      "recent": .array(recent.map(\.json)),
    ]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let reload = try ControlObject(json, "\"reloaded\"")
    changes = try reload.array("changes", of: ControlChange.init(json:))
    settingsForRestart = try reload.strings("settings_for_restart")
    faults = try reload.strings("faults")
    recent = try reload.array("recent", of: ControlRecentEdit.init(json:))
  }
}

extension ControlRecentEdit {
  fileprivate var json: JSONValue {
    [
      "file": .string(file), "changes": .int(changes), "time": .string(time.description),
      "remarks": .array(remarks.map(\.json)),
    ]
  }

  fileprivate init(json: JSONValue) throws(ControlDecodingError) {
    let object = try ControlObject(json, "a recent edit")
    file = try object.string("file")
    changes = try object.int("changes")
    time = try object.timestamp("time")
    remarks = try object.array("remarks", of: ControlChange.init(json:))
  }
}

extension ControlChange {
  fileprivate var json: JSONValue {
    [
      "file": .string(file),
      "user": .orNull(user),
      "room": .orNull(room),
      "change": .string(change.rawValue),
      "fields": .strings(fields),
      "gave_way": .strings(conflicts),
      "copy": copy.map { .string($0) } ?? .null,
    ]
  }

  fileprivate init(json: JSONValue) throws(ControlDecodingError) {
    let object = try ControlObject(json, "a change")
    file = try object.string("file")
    user = try object.optionalName("user")
    room = try object.optionalName("room")
    change = try object.value("change", "added, changed, removed or kept") { $0.string.flatMap { Kind(rawValue: $0) } }
    fields = try object.strings("fields")
    conflicts = try object.strings("gave_way")
    copy = try object.optionalString("copy")
  }
}
