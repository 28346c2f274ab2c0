import ChatProtocol

/// The names of a large table in their order, without all of them ever being sorted at once: they are added in runs of a
/// bounded length, and taken out one after the other by merging the runs.
struct NamesInOrder: Sendable {
  /// Each from its last name to its first, so that taking one moves none.
  private var runs: [[Name]] = []
  /// The runs that have names left as a heap: the one with the first name of all is in front.
  private var heap: [Int32] = []
  private var last: Name?

  mutating func add(_ names: [Name]) {
    guard !names.isEmpty else { return }
    runs.append(names.sorted(by: >))
    heap.append(Int32(runs.count - 1))
    var place = heap.count - 1
    while place > 0, comesFirst(place, (place - 1) / 2) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// The next name; one that was added twice comes once.
  mutating func next() -> Name? {
    while let run = heap.first {
      let name = runs[Int(run)].removeLast()
      if runs[Int(run)].isEmpty {
        runs[Int(run)] = []
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
      }
      sink()
      if name == last { continue }
      last = name
      return name
    }
    return nil
  }

  private mutating func sink() {
    var place = 0
    while true {
      var first = place
      for below in [2 * place + 1, 2 * place + 2] where below < heap.count && comesFirst(below, first) { first = below }
      if first == place { return }
      heap.swapAt(place, first)
      place = first
    }
  }

  private func comesFirst(_ place: Int, _ other: Int) -> Bool {
    runs[Int(heap[place])].last! < runs[Int(heap[other])].last!
  }
}
