import ChatProtocol
import Terminal

extension AdminVerb {
  static let reload = AdminVerb(
    "reload", "[--force]", summary: "Take over now what was edited in the data folder, and open the log anew.",
    explanation: """
      The server notices edits of users.csv, rooms.json and settings.json within two seconds by itself; this
      shows what came of them. One with a fault is not taken over: the file stays as it is, and so does the
      server. So is one that drops more than half of the accounts or rooms, unless with --force.
      """,
    options: [.force],
    example: """
      $ chat-admin reload
      users.csv: dave changed (role, status)
      rooms.json: tea added
      """
  ) { (arguments) throws(AdminFailure) in .request(.reload(force: arguments.flag(.force))) }
}

extension AdminText {
  func reloaded(_ reload: ControlReload) -> [String] {
    var lines = reload.changes.map(line)
    if !reload.settingsForRestart.isEmpty {
      lines.append(
        "settings.json: \(reload.settingsForRestart.joined(separator: ", ")) changed, from the next start on")
    }
    if lines.isEmpty, reload.faults.isEmpty { lines.append("nothing new: what the files say is in force") }
    return lines + reload.faults
  }

  private func line(_ change: ControlChange) -> String {
    let what = (change.user ?? change.room).map { "\($0) " } ?? ""
    let fields = change.fields.isEmpty ? "" : " (\(change.fields.joined(separator: ", ")))"
    let gaveWay =
      change.gaveWay.isEmpty
      ? "" : "; the server's own change of \(change.gaveWay.joined(separator: ", ")) gave way"
    return "\(change.file): \(what)\(change.change.rawValue)\(fields)\(gaveWay)"
  }

  /// After the answer to a reload that found faults: the line on standard error.
  func notTakenOver(_ reload: ControlReload) -> String {
    let files = Set(reload.faults.map { String($0.prefix { $0 != ":" }) }).sorted()
    return "\(counted(reload.faults.count, "fault")) in \(files.joined(separator: ", ")): mend the file and reload; "
      + "until then the server goes on with what it last read"
  }
}
