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

  /// What a change makes of the row.
  private enum Result {
    case row(JournalRow?)
    case change(RoomChange)
  }

  private struct Step {
    var number: UInt64
    var was: Digest?
    var became: Digest?
    var result: Result
    /// The file has shown it.
    var isCovered: Bool
    var isRemoval: Bool { if case .row(nil) = result { true } else { false } }
  }

  let key: Key
  private var steps: [Step] = []

  init(key: Key) { self.key = key }

  /// Whether there was no such row before.
  var isAddition: Bool { steps.first.map { $0.was == nil } ?? false }
  /// How many changes the file has not shown yet.
  var uncoveredCount: Int { steps.count { !$0.isCovered } }
  /// Whether the last change removed the row.
  var endsWithRemoval: Bool { steps.last?.isRemoval == true }
  /// The number of the last change that removed the row; 0 where none did.
  var lastRemoval: UInt64 { steps.last { $0.isRemoval }?.number ?? 0 }

  mutating func append(_ number: UInt64, was: Digest?, row: JournalRow?, isCovered: Bool) {
    let after = row ?? .absent(key.row, in: key.file)
    steps.append(Step(number: number, was: was, became: after?.digest, result: .row(row), isCovered: isCovered))
  }

  mutating func append(_ number: UInt64, was: Digest, became: Digest, _ change: RoomChange, isCovered: Bool) {
    steps.append(Step(number: number, was: was, became: became, result: .change(change), isCovered: isCovered))
  }

  /// The row after the last change, made of the one in the file, which stands in the chain; nil where that removed it.
  func row(from present: JournalRow?) -> JournalRow? {
    let lacking = firstLacking(present ?? .absent(key.row, in: key.file)) ?? steps.count
    var row = present
    for step in steps[lacking...] {
      switch step.result {
      case .row(let whole): row = whole
      case .change(let change):
        guard case .room(let room) = row ?? .absent(key.row, in: key.file) else { continue }
        row = .room(change.applied(to: room))
      }
    }
    return row
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
