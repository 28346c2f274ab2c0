import ChatProtocol
import Terminal

// The server as a whole: these verbs have no noun before them.

extension AdminVerb {
  static let server = [
    AdminVerb(
      "status", summary: "Show how the server is.",
      example: """
        $ chat-admin status
        version    0.1.0
        running    since 2026-11-20 20:11, for 2 h 3 min, as process 4242
        address    127.0.0.1:7777
        data       data
        recording  yes (fsync everysec)
        sessions   3
        here       2 users
        accounts   12
        rooms      4
        messages   1042 since the start
        memory     23.3 MiB; clients can add 4.1 GiB at most, beside what the files keep
        waiting    0 passwords to be hashed
        """
    ) { (_) throws(AdminFailure) in .request(.status) }
  ]

  static let keeping = [
    AdminVerb(
      "save", summary: "Write users.csv, rooms.json and state.json now.",
      explanation:
        "They follow every change within seconds by themselves; this is for before a copy of the folder is made.",
      example: """
        $ chat-admin save
        saved users.csv and state.json
        """
    ) { (_) throws(AdminFailure) in .request(.save) },
    reload, check,
    AdminVerb(
      "stop", "[--reason TEXT]", summary: "Stop the server: everybody is told, everything is saved.",
      options: [.reason],
      example: """
        $ chat-admin stop --reason "back in five minutes"
        the server is stopping: everybody is told, everything is saved
        the server has stopped
        """
    ) { (arguments) throws(AdminFailure) in .request(.stop(reason: arguments.text(.reason))) },
  ]
}

extension AdminText {
  func status(_ status: ControlStatus) -> [String] {
    let age = duration(seconds: (status.now.milliseconds - status.started.milliseconds) / 1000)
    return fields(
      [
        ("version", status.version),
        ("running", "since \(time(status.started)), for \(age), as process \(status.pid)"),
        ("address", status.address),
        ("data", status.data),
        ("recording", status.recordingFault.map { "NO: \($0)" } ?? "yes (fsync \(status.fsync))"),
        ("sessions", "\(status.sessions)"),
        ("here", counted(status.present, "user")),
        ("accounts", "\(status.accounts)"),
        ("rooms", "\(status.rooms)"),
        ("messages", "\(status.messages) since the start"),
        ("memory", memory(status)),
        ("waiting", counted(status.pendingHashes, "password") + " to be hashed"),
      ] + status.faults.map { ("fault", $0) })
  }

  private func memory(_ status: ControlStatus) -> String {
    let bound = status.memoryBound.map { "; clients can add \(bytes($0)) at most, beside what the files keep" }
    return bytes(status.memory) + (bound ?? "")
  }

  func saved(_ files: [String]) -> String {
    switch files.count {
    case 0: "saved; no file had to be written, nothing had changed"
    case 1: "saved \(files[0])"
    default: "saved \(files.dropLast().joined(separator: ", ")) and \(files[files.count - 1])"
    }
  }

  var stopping: String { "the server is stopping: everybody is told, everything is saved" }
  var stopped: String { "the server has stopped" }
}
