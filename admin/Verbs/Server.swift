import ChatProtocol
import Terminal

// The server as a whole and its data folder.

extension AdminVerb {
  static let settings = AdminVerb(
    "settings show", summary: "Show the settings in force.",
    details: """
      Edit settings.json in the data folder to change them; a setting that is not in the
      file has its default. 0 means no limit. Changes of host, port, control, fsync,
      tls_certificate and tls_key take effect at the next start.
      """,
    example: """
      $ chat-admin settings show
      NAME     VALUE      DEFAULT
      host     127.0.0.1  127.0.0.1
      port     7000       7777
      """
  ) { (_) throws(AdminError) in .request(.settingsShow) }

  static let save = AdminVerb(
    "save", summary: "Write users.csv, rooms.json and state.json now.",
    details: """
      The server writes changes to these files within seconds by itself. Use this before
      you read them. To make a copy, use 'backup'.
      """,
    example: """
      $ chat-admin save
      saved users.csv and state.json
      """
  ) { (_) throws(AdminError) in .request(.save) }

  static let backup = AdminVerb(
    "backup", [.file], summary: "Back up the running server to a file.",
    details: """
      Users can chat meanwhile. FILE is a tar archive that only you can read. It holds
      the data folder's files as of one instant: accounts, rooms, state, settings, the
      log with its older pieces, and shared files. The archive is read back and verified
      before it gets its name; an existing file is never overwritten. With - it goes to
      standard output. 'restore' makes a data folder from it.
      """,
    example: """
      $ chat-admin backup chat-2026-11-20.tar
      saved 4 files (23.3 MiB) to chat-2026-11-20.tar and verified them:
      FILE            SIZE
      users.csv    1.2 KiB
      rooms.json     812 B
      state.json   2.4 KiB
      chat.log    23.3 MiB
      """
  ) { (arguments) throws(AdminError) in .backup(file: try arguments.file()) }

  static let restore = AdminVerb(
    "restore", [.file], summary: "Create a data folder from a backup.",
    details: """
      --data names the folder. It is created, or it must contain no files of a server;
      no server may run on it. The whole archive is verified and its files are checked
      before the first one is put in place. If anything is wrong, the folder stays as it
      was.
      """,
    example: """
      $ chat-admin restore chat-2026-11-20.tar --data restored
      restored 4 files (23.3 MiB) to restored, as of 2026-11-20T20:11:02.123Z:
      FILE            SIZE
      users.csv    1.2 KiB
      rooms.json     812 B
      state.json   2.4 KiB
      chat.log    23.3 MiB
      start the server with: chat-server --data restored
      """
  ) { (arguments) throws(AdminError) in .restore(file: try arguments.file()) }

  static let reload = AdminVerb(
    "reload", options: [[.force]], summary: "Apply edits of the data folder's files and reopen the log.",
    details: """
      The server applies edits of users.csv, rooms.json and settings.json by itself within
      two seconds. This command applies them now and shows what changed, or what was
      applied in the last ten seconds. An edit with an error is not applied: the file and
      the server stay as they are. An edit that removes more than half of the accounts or
      rooms needs --force.
      """,
    example: """
      $ chat-admin reload
      users.csv: dave changed (role, status)
      rooms.json: tea added
      2 changes applied
      """
  ) { (arguments) throws(AdminError) in .request(.reload(force: arguments.flag(.force))) }

  static let check = AdminVerb(
    "check", summary: "Check the data folder's files without changing anything.",
    details: """
      If a server is running, it checks what 'reload' would apply. If not, the chat-server
      next to this program checks all files of the folder. If there are errors, the exit
      status is 65.
      """,
    example: """
      $ chat-admin check
      no errors
      """
  ) { (_) throws(AdminError) in .request(.check) }

  static let stop = AdminVerb(
    "stop", options: [[.reason]], summary: "Stop the server: notify users and save everything.",
    details: "The command returns when everything is saved and the server has exited.",
    example: """
      $ chat-admin stop --reason "back in five minutes"
      the server has stopped; everything is saved
      """
  ) { (arguments) throws(AdminError) in .request(.stop(reason: arguments.text(.reason))) }
}

extension ReplyText {
  func settings(_ settings: [ControlSetting]) -> Table {
    Table(
      [.whole("NAME"), .whole("VALUE"), .whole("DEFAULT")],
      rows: settings.map { [$0.name, $0.value.description, $0.standard.description] })
  }

  func saved(_ files: [String]) -> String {
    guard let last = files.last else { return "nothing to save: the files are up to date" }
    return "saved " + (files.count == 1 ? last : "\(list(files.dropLast())) and \(last)")
  }

  func changes(_ reload: ControlReload) -> [String] { reload.changes.map(line) }

  /// The lines below the changes, of which there may have been many parts.
  func summary(of reload: ControlReload, changeCount: Int) -> [String] {
    var lines = changeCount > 1 ? ["\(changeCount) changes applied"] : []
    if !reload.settingsForRestart.isEmpty {
      lines.append("settings.json: \(list(reload.settingsForRestart)) changed; takes effect at the next start")
    }
    if changeCount == 0, lines.isEmpty, reload.faults.isEmpty {
      for edit in reload.recent { lines += [line(edit)] + edit.remarks.map(line) }
      lines.append(
        "no \(reload.recent.isEmpty ? "" : "other ")changes; 'chat-admin log --event edited' shows the edits applied so far"
      )
    }
    return lines + reload.faults
  }

  private func line(_ edit: ControlRecentEdit) -> String {
    "\(edit.file): \(counted(edit.changes, "change")) applied automatically \(age(of: edit.time, at: clock.now())) ago"
  }

  private func line(_ change: ControlChange) -> String {
    let what = (change.user ?? change.room).map { "\($0) " } ?? ""
    let fields = change.fields.isEmpty ? "" : " (\(list(change.fields)))"
    let conflicts =
      change.conflicts.isEmpty ? "" : "; this replaced the server's own change of \(list(change.conflicts))"
    return "\(change.file): \(what)\(change.change.rawValue)\(fields)\(conflicts)\(remark(on: change))"
  }

  /// What to do about a change that was not intended, or was not made.
  private func remark(on change: ControlChange) -> String {
    if let copy = change.copy { return "; to undo this, put back the entry from \(copy)" }
    guard change.change == .kept else { return "" }
    let isRemoval = change.fields == [ControlChange.removal]
    let noun = change.user == nil ? "rooms" : "users"
    let name = (change.user ?? change.room).map { " \($0)" } ?? ""
    return "; the edit may come from an older version of the file. To make this change: chat-admin \(noun) "
      + (isRemoval ? "delete\(name)" : "set\(name) …")
  }

  /// The line on standard error after an answer with errors: `2 errors in data/users.csv`.
  func count(ofFaults faults: [String]) -> String {
    let files = Set(faults.map { String($0.prefix { $0 != ":" }) }).sorted()
    return "\(counted(faults.count, "error")) in \(list(files))"
  }
}
