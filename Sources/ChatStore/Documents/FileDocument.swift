/// A readable file in memory, with what changed since it was read or written.
protocol FileDocument: Sendable {
  /// What is known of an edit on its way to the core.
  associatedtype Incoming: Sendable = Never
  /// Whether edits are taken over while the server runs; else they are kept beside.
  static var takesEdits: Bool { get }

  /// What is likely to be meant otherwise than the file says it, as it was read.
  var warnings: [Fault] { get }

  /// Whether the file does not say yet what this says.
  var isChanged: Bool { get }

  /// Turns the changes into text, in the order of the records; `write` gives that.
  mutating func encodeChanges()

  /// Gives the file's bytes piece by piece.
  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure)

  /// Says that the file holds now what `write` gave: all changes up to the one of that number in the journal.
  mutating func noteWritten(change: UInt64, at now_ns: Int64)
}
