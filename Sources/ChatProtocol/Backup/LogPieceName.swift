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
    guard BackupName.isNumber(rest[0]), let number = Int(rest[0]), number < .max else { return nil }
    if rest.count == 2, !Self.suffixes.contains(String(rest[1])) { return nil }
    self.number = number
    isCompressed = rest.count == 2
  }

  /// What programs that compress put behind a name.
  private static let suffixes: Set = ["gz", "bz2", "xz", "zst", "lz4", "Z"]
}
