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
