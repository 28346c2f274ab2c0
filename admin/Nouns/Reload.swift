import ChatProtocol
import Terminal

extension AdminVerb {
  static let reload = AdminVerb(
    "reload", "[--force]", summary: "Take over now what was edited in the data folder, and open the log anew.",
    explanation: """
      The server notices edits of users.csv, rooms.json and settings.json within two seconds by itself; this
      shows what came of them, or what was taken over so within the last ten seconds. One with a fault is not
      taken over: the file stays as it is, and so does the server. Nor is one that drops more than half of the
      accounts or rooms, unless with --force.
      """,
    options: [.force],
    example: """
      $ chat-admin reload
      users.csv: dave changed (role, status)
      rooms.json: tea added
      2 changes taken over
      """
  ) { (arguments) throws(AdminError) in .request(.reload(force: arguments.flag(.force))) }

  static let check = AdminVerb(
    "check", summary: "Tell what is wrong in the data folder, and change nothing.",
    explanation: """
      With a server running, it tells what 'reload' would. With none, the chat-server
      beside this program checks all files of the folder. A fault makes the exit
      status 65.
      """,
    example: """
      $ chat-admin check
      no faults
      """
  ) { (_) throws(AdminError) in .request(.check) }
}

extension AdminText {
  func reloaded(_ reload: ControlReload) -> [String] {
    changes(reload) + outcome(of: reload, changeCount: reload.changes.count)
  }

  func changes(_ reload: ControlReload) -> [String] { reload.changes.map(line) }

  /// What stands below the changes, of which there may have been many.
  func outcome(of reload: ControlReload, changeCount: Int) -> [String] {
    var lines = changeCount > 1 ? ["\(changeCount) changes taken over"] : []
    if !reload.settingsForRestart.isEmpty {
      lines.append(
        "settings.json: \(reload.settingsForRestart.joined(separator: ", ")) changed, from the next start on")
    }
    if changeCount == 0, lines.isEmpty, reload.faults.isEmpty {
      for edit in reload.recent { lines += [line(edit)] + edit.remarks.map(line) }
      lines.append(
        reload.recent.isEmpty
          ? "nothing new: what the files say is in force; what was taken over by itself, 'chat-admin log --event edited' shows"
          : "nothing new since; 'chat-admin log --event edited' shows what changed")
    }
    return lines + reload.faults
  }

  private func line(_ edit: ControlRecentEdit) -> String {
    let age = age(of: edit.time, at: clock.now())
    return "\(edit.file): taken over already, \(age) ago: \(counted(edit.changes, "change"))"
  }

  private func line(_ change: ControlChange) -> String {
    let what = (change.user ?? change.room).map { "\($0) " } ?? ""
    let fields = change.fields.isEmpty ? "" : " (\(change.fields.joined(separator: ", ")))"
    let conflicts =
      change.conflicts.isEmpty
      ? "" : "; the server's own change of \(change.conflicts.joined(separator: ", ")) gave way"
    return "\(change.file): \(what)\(change.change.rawValue)\(fields)\(conflicts)\(remark(on: change))"
  }

  /// What to do about a change that was not meant, or was not made.
  private func remark(on change: ControlChange) -> String {
    if let copy = change.copy { return "; to undo that, put back what is in \(copy)" }
    guard change.change == .kept else { return "" }
    let isRemoval = change.fields == [ControlChange.removal]
    let command = change.user == nil ? "rooms" : "users"
    let name = (change.user ?? change.room).map { " \($0)" } ?? ""
    return "; the edit may be of an older version of the file. If it was meant: chat-admin \(command) "
      + (isRemoval ? "delete\(name)" : "set\(name) …")
  }

  func checked(_ faults: [String]) -> [String] { faults.isEmpty ? ["no faults"] : faults }

  /// After an answer with faults: the line on standard error. `meanwhile` says what comes of them.
  func notTakenOver(_ faults: [String], meanwhile: String) -> String {
    let files = Set(faults.map { String($0.prefix { $0 != ":" }) }).sorted()
    return "\(counted(faults.count, "fault")) in \(files.joined(separator: ", ")): \(meanwhile)"
  }
}
