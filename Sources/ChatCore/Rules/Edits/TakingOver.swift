import ChatProtocol

// Edits that somebody made by hand in the files, taken over while the server runs.
extension Core {
  mutating func takeOver(_ edit: Edit) {
    // Nobody is here any more who could be told; the store puts the edit together with the last save by itself.
    guard !isStopping else { return }
    takenOver = []
    // Records that come after this one know of the edit.
    if edit.changesRows { record(.edited(edit.number)) }
    takeOver(settings: edit.settings, forRestart: edit.settingsForRestart)
    takeOver(accounts: edit.accounts)
    takeOver(rooms: edit.rooms)
    hashNextPlainPassword()
    for request in edit.askedBy {
      let reload = ControlReload(
        changes: takenOver, settingsForRestart: edit.settingsForRestart, faults: edit.faults)
      effects.append(.reply(request, .success(.reloaded(reload))))
    }
    takenOver = []
  }

  private mutating func takeOver(settings: Settings?, forRestart: [String]) {
    if let settings {
      let changed = settings.differences(from: self.settings)
      self.settings = settings
      effects.append(.applySettings(settings))
      if !changed.isEmpty { noteTakenOver(ControlChange(file: "settings.json", change: .changed, fields: changed)) }
    }
    if !forRestart.isEmpty {
      log(
        "warning", [.init("file", "settings.json"), .init("fields", forRestart.joined(separator: ","))],
        text: "these settings were changed too and count from the server's next start")
    }
  }

  /// Notes that a password which the person typed is to be hashed.
  mutating func notePlainPassword(_ owner: StoredSecret.Owner, _ password: String?) {
    guard let secret = password?.plainSecret else { return }
    plainPasswords.append(StoredSecret(owner: owner, secret: secret))
  }

  mutating func noteTakenOver(_ change: ControlChange) {
    takenOver.append(change)
    var fields = [LogRecord.Field("file", change.file)]
    if let user = change.user { fields.append(.init("user", user.text)) }
    if let room = change.room { fields.append(.init("room", room.text)) }
    fields.append(.init("change", change.change.rawValue))
    if !change.fields.isEmpty { fields.append(.init("fields", change.fields.joined(separator: ","))) }
    if !change.gaveWay.isEmpty { fields.append(.init("gave_way", change.gaveWay.joined(separator: ","))) }
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
