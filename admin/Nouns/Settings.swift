import ChatProtocol
import Terminal

extension AdminVerb {
  static let settings = [
    AdminVerb(
      "settings show", summary: "Show the settings in force.",
      explanation: """
        They stand in settings.json of the data folder, which is edited by hand; what
        does not stand there has its default. 0 means no bound. Host, port, control and
        fsync count from the server's start.
        """,
      example: """
        $ chat-admin settings show
        NAME     VALUE      DEFAULT
        host     127.0.0.1  127.0.0.1
        port     7000       7777
        """
    ) { (_) throws(AdminError) in .request(.settingsShow) }
  ]
}

extension AdminText {
  func settings(_ settings: [ControlSetting]) -> Table {
    Table(
      [.whole("NAME"), .whole("VALUE"), .whole("DEFAULT")],
      rows: settings.map { [$0.name, $0.value.description, $0.standard.description] })
  }
}
