import ChatProtocol
import Terminal

extension AdminVerb {
  static let backup = AdminVerb(
    "backup", "FILE", summary: "Copy all that the running server has into a file, as of one instant.",
    explanation: """
      The chat goes on meanwhile. FILE is a plain tar archive, readable by you alone,
      of the data folder's files: accounts, rooms, state, settings, the log and its
      older pieces, and shared files. It is read back and verified before it gets its
      name, and never written over a file. With - it goes to standard output.
      'restore' makes a data folder of it again.
      """,
    example: """
      $ chat-admin backup chat-2026-11-20.tar
      saved 4 files of 23.3 MiB to chat-2026-11-20.tar, and verified it:
      FILE            SIZE
      users.csv    1.2 KiB
      rooms.json     812 B
      state.json   2.4 KiB
      chat.log    23.3 MiB
      """
  ) { (arguments) throws(AdminError) in .backup(file: try arguments.file()) }

  static let restore = AdminVerb(
    "restore", "FILE", summary: "Make a data folder of a backup, while no server runs on it.",
    explanation: """
      The folder that --data names is made, or holds nothing of a server's yet. All of
      FILE is verified and its files are checked before the first is in place; when
      anything is wrong, the folder stays as it was.
      """,
    example: """
      $ chat-admin restore chat-2026-11-20.tar --data restored
      restored 4 files of 23.3 MiB to restored, as of 2026-11-20T20:11:02.123Z:
      FILE            SIZE
      users.csv    1.2 KiB
      rooms.json     812 B
      state.json   2.4 KiB
      chat.log    23.3 MiB
      start the server with: chat-server --data restored
      """
  ) { (arguments) throws(AdminError) in .restore(file: try arguments.file()) }
}
