import ChatProtocol
import Terminal

// The server as a whole: these verbs have no noun before them.

extension AdminVerb {
  static let server = [status, top]

  static let keeping = [
    AdminVerb(
      "save", summary: "Write users.csv, rooms.json and state.json now.",
      explanation: """
        They follow every change within seconds by themselves; this is for before
        somebody looks at them. A copy to keep is made by 'backup'.
        """,
      example: """
        $ chat-admin save
        saved users.csv and state.json
        """
    ) { (_) throws(AdminError) in .request(.save) },
    backup, restore, reload, check,
    AdminVerb(
      "stop", "[--reason TEXT]", summary: "Stop the server: everybody is told, everything is saved.",
      explanation: "It answers when everything is saved and the server has ended.",
      options: [.reason],
      example: """
        $ chat-admin stop --reason "back in five minutes"
        the server has stopped: everybody was told, everything is saved
        """
    ) { (arguments) throws(AdminError) in .request(.stop(reason: arguments.text(.reason))) },
  ]
}

extension AdminText {
  func saved(_ files: [String]) -> String {
    switch files.count {
    case 0: "saved; no file had to be written, nothing had changed"
    case 1: "saved \(files[0])"
    default: "saved \(files.dropLast().joined(separator: ", ")) and \(files[files.count - 1])"
    }
  }

  var stopped: String { "the server has stopped: everybody was told, everything is saved" }
}
