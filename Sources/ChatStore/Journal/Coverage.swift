import ChatProtocol

/// How far the readable files show what the journal holds.
struct Coverage: Equatable, Sendable {
  /// The number up to which a file shows all changes.
  var numbers: [JournaledFile: UInt64]
  /// `state.json` says that every id below this may have been given out.
  var lease: MessageID
  /// No edit made of an older version can take back the changes up to this number: they need not be in the journal once the
  /// files show them.
  var settled: UInt64

  /// Nothing is lacking in any file up to this number.
  static func all(_ number: UInt64, lease: MessageID) -> Coverage {
    Coverage(
      numbers: .init(uniqueKeysWithValues: JournaledFile.allCases.map { ($0, number) }), lease: lease, settled: .max)
  }

  var least: UInt64 { JournaledFile.allCases.map { numbers[$0] ?? 0 }.min()! }
}
