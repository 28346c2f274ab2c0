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
    let (difference, isExpired) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    return isExpired ? (milliseconds < 0 ? .min : .max) : difference
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
  package static let stepsMax = 64

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
    if steps.count > ClockSteps.stepsMax {
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
    let (sum, isExpired) = addingReportingOverflow(other)
    return isExpired ? (other < 0 ? .min : .max) : sum
  }
}

// The wall clock is set, by a person or a time server: what lasts goes on as long as before, and the times in the files that say
// until when are told anew.
extension Core {
  /// What both clocks differ by less is no setting of one.
  static let clockStepMinMilliseconds: Int64 = 2000

  /// Compares both clocks: how far they went since they were last compared.
  mutating func detectClockStep() {
    guard let anchor = clockAnchor else {
      clockAnchor = time
      return
    }
    let (milliseconds, isExpired) = (now.milliseconds - anchor.wall.milliseconds)
      .subtractingReportingOverflow(steady.milliseconds(since: anchor.steady))
    guard isExpired || milliseconds.magnitude >= Core.clockStepMinMilliseconds, recordingError == nil, !isStopping
    else { return }
    clockAnchor = time
    recordClockStep(by: milliseconds)
    for change in restrictions.relabel(at: time) { record(.restriction(change.now, was: change.was)) }
  }

  /// Times that were written before the start are read by the clock that they were written by.
  mutating func startClock() {
    let milliseconds =
      clockStepBeforeStartMilliseconds.magnitude < Core.clockStepMinMilliseconds ? 0 : clockStepBeforeStartMilliseconds
    if milliseconds != 0 { recordClockStep(by: milliseconds) }
    for change in restrictions.begin(at: time, clockStepMilliseconds: milliseconds) {
      record(.restriction(change.now, was: change.was))
    }
  }

  private mutating func recordClockStep(by milliseconds: Int64) {
    log("clock-set", [.init("seconds", "\(milliseconds / 1000)")])
    clockSteps.note(milliseconds: milliseconds, before: nextID, oldest: files.ids.first)
    record(.clock(clockSteps, at: time))
  }

  /// How long ago the wall clock was at a time that a file of this id bears, whatever it was set by since; never negative.
  func ageMilliseconds(of written: Timestamp, id: MessageID) -> Int64 {
    max(0, (now.milliseconds - written.milliseconds).addingSaturated(-max(-.max, clockSteps.milliseconds(since: id))))
  }

  /// What the wall clock calls an instant that is past.
  func label(of past: SteadyTime) -> Timestamp { now.adding(milliseconds: past.milliseconds(since: steady)) }
}
