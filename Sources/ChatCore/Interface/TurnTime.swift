package import ChatProtocol

/// When an input happens, by two clocks: the wall clock labels, the steady clock measures.
package struct TurnTime: Equatable, Sendable {
  /// What people read. It jumps when somebody sets it.
  package var wall: Timestamp
  package var steady: SteadyTime

  package init(wall: Timestamp, steady: SteadyTime) {
    self.wall = wall
    self.steady = steady
  }
}

/// An instant of a clock that never jumps, and goes on while the machine sleeps: milliseconds since some moment, negative
/// before it.
package struct SteadyTime: Hashable, Comparable, Sendable {
  package let milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package static func < (left: SteadyTime, right: SteadyTime) -> Bool { left.milliseconds < right.milliseconds }

  package func adding(milliseconds: Int64) -> SteadyTime {
    SteadyTime(milliseconds: self.milliseconds.addingSaturated(milliseconds))
  }

  package func milliseconds(since earlier: SteadyTime) -> Int64 {
    let (difference, isOver) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    return isOver ? (milliseconds < 0 ? .min : .max) : difference
  }
}

/// How the wall clock was set, as far as times in files still depend on it: a file's age is what the clock says, less these.
package struct ClockSteps: Equatable, Sendable {
  package struct Step: Equatable, Sendable {
    /// Ids below were given out before the clock was set.
    package var before: MessageID
    /// Forward, or back where it is negative.
    package var milliseconds: Int64

    package init(before: MessageID, milliseconds: Int64) {
      self.before = before
      self.milliseconds = milliseconds
    }
  }

  /// How often it was set in all: of two of these the one with more is newer.
  package var count: Int64
  /// In the order in which it was set, and so of the ids.
  package var steps: [Step]

  /// The oldest ones beyond are put together.
  package static let steps_max = 64

  package init(count: Int64 = 0, steps: [Step] = []) {
    self.count = count
    self.steps = steps
  }

  /// `oldest`: the least id that is still of interest; nil where there is none.
  mutating func note(milliseconds: Int64, before id: MessageID, oldest: MessageID?) {
    count = count.addingSaturated(1)
    steps.removeAll { step in oldest.map { step.before <= $0 } ?? true }
    guard oldest != nil else { return }
    steps.append(Step(before: id, milliseconds: milliseconds))
    if steps.count > ClockSteps.steps_max {
      // What lies between the two may come out younger than it is, and never older.
      steps[1].milliseconds = steps[1].milliseconds.addingSaturated(max(0, steps[0].milliseconds))
      steps.removeFirst()
    }
  }

  /// By how much the clock was set since an id was given out.
  func milliseconds(since id: MessageID) -> Int64 {
    steps.reduce(0) { $1.before > id ? $0.addingSaturated($1.milliseconds) : $0 }
  }
}

extension Int64 {
  func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? (other < 0 ? .min : .max) : sum
  }
}
