import ChatProtocol
import Terminal

extension AdminVerb {
  static let files = [
    AdminVerb(
      "files list", [.init(name: "ROOM", isOptional: true)], summary: "List shared files, of one room or of all.",
      details: "A dash under SHARED means that the upload is not finished.",
      example: """
        $ chat-admin files list ops
          FILE  ROOM  FROM       SIZE  SHARED (CET)      NAME
          1046  ops   alice  47.0 KiB  2026-11-20 20:11  plan.pdf
        """
    ) { (arguments) throws(AdminError) in .request(.filesList(room: try arguments.optionalRoom())) },
    AdminVerb(
      "files delete", [.init(name: "ID", isRepeated: true)], summary: "Delete shared files.",
      details: """
        ID is a number from 'files list'. The rooms are notified. If one of the files
        does not exist, none is deleted.
        """,
      example: """
        $ chat-admin files delete 1046 1051 --yes
        deleted file 1046 (plan.pdf, 47.0 KiB, from alice in ops)
        deleted file 1051 (plan2.pdf, 51.2 KiB, from alice in ops)
        """
    ) { (arguments) throws(AdminError) in .request(.filesDelete(try arguments.files())) },
  ]
}

extension ReplyText {
  func files(_ files: [FileRecord]) -> Table {
    Table(
      [
        .number("FILE"), .whole("ROOM").droppable(3), .whole("FROM").droppable(2), .number("SIZE"),
        times("SHARED").droppable(1), .text("NAME"),
      ],
      rows: files.map {
        ["\($0.id)", $0.room.text, $0.from.text, bytes($0.size), time($0.shared), $0.name.text]
      })
  }

  func fileDeleted(_ file: FileRecord, isDryRun: Bool) -> String {
    "\(isDryRun ? "would delete" : "deleted") file \(file.id) (\(file.name), \(bytes(file.size)), from \(file.from) in "
      + "\(file.room))"
  }
}
