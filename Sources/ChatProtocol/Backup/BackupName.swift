/// The names of the members of a backup: the data folder's files, the manifest and the checksums.
package enum BackupName {
  /// The first member: the manifest, which lists the files.
  package static let manifest = "chat-backup.json"
  /// The last member: the output of cksum(1) for these files.
  package static let sums = "chat-backup.cksum"

  package static let users = "users.csv"
  package static let rooms = "rooms.json"
  package static let state = "state.json"
  package static let settings = "settings.json"
  package static let motd = "motd.txt"
  package static let log = "chat.log"
  /// Backups of older servers have none.
  package static let privateLog = "private.log"
  package static let sharedList = "files.json"
  /// The folder of shared files, each named by its id.
  package static let sharedFolder = "files"
  /// The folder of the certificate that the server has made, and of its key.
  package static let tlsFolder = "tls"
  package static let tlsCertificate = "tls/certificate.pem"
  package static let tlsKey = "tls/key.pem"
  package static let folders = [sharedFolder, tlsFolder]

  /// Every backup has these, because a server without one of them would start with new data.
  package static let required = [users, rooms, state, log]

  /// Whether a backup may contain a file of this name. No such name leads out of the folder.
  package static func isKnown(_ name: String) -> Bool {
    required.contains(name) || [settings, motd, sharedList, tlsCertificate, tlsKey, privateLog].contains(name)
      || isSharedFile(name) || LogPieceName(name, of: log) != nil || LogPieceName(name, of: privateLog) != nil
  }

  /// Whether a starting server reads the file and checks it for errors.
  package static func isDocument(_ name: String) -> Bool {
    [users, rooms, state, settings, motd, sharedList].contains(name)
  }

  /// The mode of a restored file. A certificate is public, as the server's own is.
  package static func mode(of name: String) -> UInt32 { name == tlsCertificate ? 0o644 : 0o600 }

  /// Whether it is a shared file, such as `files/7`.
  package static func isSharedFile(_ name: String) -> Bool {
    name.hasPrefix("\(sharedFolder)/") && isNumber(name.dropFirst(sharedFolder.utf8.count + 1))
  }

  /// Whether it is a decimal number without leading zeros.
  package static func isNumber(_ text: Substring) -> Bool {
    (1...20).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "0")
      && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}

/// The name of a piece of the log that was rotated: `chat.log.2` or, compressed, `chat.log.2.gz`.
package struct LogPieceName: Equatable, Sendable {
  /// Older pieces have higher numbers.
  package var number: Int
  package var isCompressed: Bool

  /// nil for any other name; `log` is the name of the log itself.
  package init?(_ name: String, of log: String) {
    guard name.hasPrefix("\(log).") else { return nil }
    let rest = name.dropFirst(log.count + 1).split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard BackupName.isNumber(rest[0]), let number = Int(rest[0]), number <= Self.numberMax else { return nil }
    if rest.count == 2, !Self.endings.contains(".\(rest[1])") { return nil }
    self.number = number
    isCompressed = rest.count == 2
  }

  /// Far above any rotation number, and above a date, so that the numbers after a rename still fit.
  private static let numberMax = 1 << 60

  /// The suffix after the number: empty, or one of a compression program.
  package static let endings = ["", ".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z"]
}
