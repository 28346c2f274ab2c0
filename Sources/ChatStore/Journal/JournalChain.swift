import ChatProtocol

/// The changes of one row, in their order.
struct JournalChain {
  struct Key: Hashable {
    var file: JournaledFile
    var row: JournalKey
  }

  /// How a row as it stands in its file relates to the chain.
  enum Standing {
    /// It is the last of the chain.
    case complete
    /// It is one before the last.
    case behind
    /// It is none of them.
    case edited
  }

  private struct Step {
    var number: UInt64
    var was: Digest?
    var became: Digest?
    var isRemoval: Bool
    /// The file has shown it.
    var isCovered: Bool
  }

  let key: Key
  private var steps: [Step] = []
  /// The row after the last change; nil where that removed it.
  private(set) var row: JournalRow?

  init(key: Key) { self.key = key }

  /// Whether there was no such row before.
  var isAddition: Bool { steps.first.map { $0.was == nil } ?? false }
  /// How many changes the file has not shown yet.
  var uncoveredCount: Int { steps.count { !$0.isCovered } }
  /// The number of the last change that removed the row; 0 where none did.
  var lastRemoval: UInt64 { steps.last { $0.isRemoval }?.number ?? 0 }

  mutating func append(_ number: UInt64, was: Digest?, row: JournalRow?, isCovered: Bool) {
    self.row = row
    let after = row ?? .absent(key.row, in: key.file)
    steps.append(Step(number: number, was: was, became: after?.digest, isRemoval: row == nil, isCovered: isCovered))
  }

  func standing(of present: JournalRow?) -> Standing {
    guard let lacking = firstLacking(present) else { return .edited }
    return lacking == steps.count ? .complete : .behind
  }

  /// Whether the row, which is behind, lacks a change that the file has shown.
  func lacksCovered(_ present: JournalRow?) -> Bool {
    firstLacking(present).map { steps[$0...].contains { $0.isCovered } } ?? false
  }

  /// Whether one of the changes that the row may lack removes it. An entry that says nothing but holds messages looks the same
  /// before its removal as after it.
  func removes(_ present: JournalRow?) -> Bool {
    guard let lacking = firstLacking(present) else { return false }
    return steps[max(0, lacking - 1)...].contains { $0.isRemoval }
  }

  /// The first change behind the row's last place in the chain; nil where it has none.
  private func firstLacking(_ present: JournalRow?) -> Int? {
    let digest = present?.digest
    // A row may have had the same value twice, and is the later one then: what came between is in it.
    for index in steps.indices.reversed() {
      if steps[index].became == digest { return index + 1 }
      if steps[index].was == digest { return index }
    }
    return nil
  }
}
