/// What the members of a backup are called: the data folder's files, and what tells of them.
package enum BackupName {
  /// The first member: what the archive is, and which files it holds.
  package static let manifest = "chat-backup.json"
  /// The last one: what cksum(1) prints of these files.
  package static let sums = "chat-backup.cksum"

  package static let users = "users.csv"
  package static let rooms = "rooms.json"
  package static let state = "state.json"
  package static let settings = "settings.json"
  package static let log = "chat.log"
  package static let sharedList = "files.json"
  /// Shared files are below this one, each under its number.
  package static let sharedFolder = "files"

  /// A server that finds one of these missing begins anew: no backup is without them.
  package static let required = [users, rooms, state, log]

  /// Whether a backup may hold a file of this name. None of them leads out of the folder.
  package static func isKnown(_ name: String) -> Bool {
    required.contains(name) || name == settings || name == sharedList || isSharedFile(name)
      || LogPieceName(name, of: log) != nil
  }

  /// Whether it is one that a start reads whole, and finds faults in.
  package static func isDocument(_ name: String) -> Bool {
    [users, rooms, state, settings, sharedList].contains(name)
  }

  /// Whether it is a shared file, such as `files/7`.
  package static func isSharedFile(_ name: String) -> Bool {
    name.hasPrefix("\(sharedFolder)/") && isNumber(name.dropFirst(sharedFolder.utf8.count + 1))
  }

  /// Whether it is made of digits, the first of them none that could be left out.
  package static func isNumber(_ text: Substring) -> Bool {
    (1...20).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "0")
      && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}

/// The name of a piece of the log that was rotated: `chat.log.2` or, compressed, `chat.log.2.gz`.
package struct LogPieceName: Equatable, Sendable {
  /// The older, the higher.
  package var number: Int
  package var isCompressed: Bool

  /// nil for a name that is none; `log` is the name of the log itself.
  package init?(_ name: String, of log: String) {
    guard name.hasPrefix("\(log).") else { return nil }
    let rest = name.dropFirst(log.count + 1).split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard BackupName.isNumber(rest[0]), let number = Int(rest[0]), number <= Self.numberMax else { return nil }
    if rest.count == 2, !Self.endings.contains(".\(rest[1])") { return nil }
    self.number = number
    isCompressed = rest.count == 2
  }

  /// Far more than anybody keeps, and a date as well; with room for the numbers that it is renamed to.
  private static let numberMax = 1 << 60

  /// What stands behind the number: nothing, or what programs that compress put there.
  package static let endings = ["", ".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z"]
}
