import ChatProtocol
import Terminal

// What was shared with `/offer`.

extension AdminVerb {
  static let files = [
    AdminVerb(
      "files list", "[ROOM]", summary: "List the files shared in a room, or in all.",
      explanation: "One whose bytes have not all come has a dash for when it was shared.",
      example: """
        $ chat-admin files list ops
          FILE  ROOM  FROM       SIZE  SHARED (CET)      NAME
          1046  ops   alice  47.0 KiB  2026-11-20 20:11  plan.pdf
        """
    ) { (arguments) throws(AdminError) in .request(.filesList(room: try arguments.optionalRoom())) },
    AdminVerb(
      "files delete", "ID ...", summary: "Delete shared files.",
      explanation: """
        ID is a number of 'files list'. The rooms are told. Where one of several is not
        there, none is deleted.
        """,
      example: """
        $ chat-admin files delete 1046 1051 --yes
        deleted file 1046 (plan.pdf, 47.0 KiB, from alice in ops)
        deleted file 1051 (plan2.pdf, 51.2 KiB, from alice in ops)
        """
    ) { (arguments) throws(AdminError) in .request(.filesDelete(try arguments.files())) },
  ]
}

extension AdminText {
  func files(_ files: [ControlFile]) -> Table {
    Table(
      [
        .number("FILE"), .whole("ROOM").droppable(3), .whole("FROM").droppable(2), .number("SIZE"),
        times("SHARED").droppable(1), .text("NAME"),
      ],
      rows: files.map {
        ["\($0.id)", $0.room.text, $0.from.text, bytes($0.size), time($0.shared), $0.name]
      })
  }

  func fileDeleted(_ file: ControlFile) -> String { "deleted \(description(of: file))" }

  func description(of file: ControlFile) -> String {
    "file \(file.id) (\(file.name), \(bytes(file.size)), from \(file.from) in \(file.room))"
  }
}
