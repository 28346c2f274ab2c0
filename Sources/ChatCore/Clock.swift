package import ChatProtocol

/// When an input happens, by two clocks: the wall clock labels, the steady clock measures.
package struct TurnTime: Equatable, Sendable {
  /// What people read. It jumps when it is set.
  package var wall: Timestamp
  package var steady: SteadyTime

  package init(wall: Timestamp, steady: SteadyTime) {
    self.wall = wall
    self.steady = steady
  }
}

/// An instant of a clock that never jumps and runs while the machine sleeps: milliseconds since some moment, negative
/// before it.
package struct SteadyTime: Hashable, Comparable, Sendable {
  package let milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package static func < (left: SteadyTime, right: SteadyTime) -> Bool { left.milliseconds < right.milliseconds }

  package func adding(milliseconds: Int64) -> SteadyTime {
    SteadyTime(milliseconds: self.milliseconds.addingSaturated(milliseconds))
  }

  package func milliseconds(since earlier: SteadyTime) -> Int64 {
    let (difference, overflows) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
    return overflows ? (milliseconds < 0 ? .min : .max) : difference
  }
}

/// The steps of the wall clock that the age of a file still depends on. Its age is the one by the clock, minus these.
package struct ClockSteps: Equatable, Sendable {
  package struct Step: Equatable, Sendable {
    /// Ids below this were issued before the clock was set.
    package var before: MessageID
    /// Forward, or back if negative.
    package var milliseconds: Int64

    package init(before: MessageID, milliseconds: Int64) {
      self.before = before
      self.milliseconds = milliseconds
    }
  }

  /// The total number of steps: of two values the one with the greater count is newer.
  package var count: Int64
  /// Oldest first, and so in the order of the ids.
  package var steps: [Step]

  /// Beyond it, the two oldest become one.
  package static let stepsMax = 64

  package init(count: Int64 = 0, steps: [Step] = []) {
    self.count = count
    self.steps = steps
  }

  /// `oldest` is the least id whose age is still needed; nil if there is none.
  mutating func add(milliseconds: Int64, before id: MessageID, oldest: MessageID?) {
    count = count.addingSaturated(1)
    steps.removeAll { step in oldest.map { step.before <= $0 } ?? true }
    guard oldest != nil else { return }
    steps.append(Step(before: id, milliseconds: milliseconds))
    if steps.count > ClockSteps.stepsMax {
      // Files between the two may appear younger than they are, never older.
      steps[1].milliseconds = steps[1].milliseconds.addingSaturated(max(0, steps[0].milliseconds))
      steps.removeFirst()
    }
  }

  /// By how much the clock was set since an id was issued.
  func milliseconds(since id: MessageID) -> Int64 {
    steps.reduce(0) { $1.before > id ? $0.addingSaturated($1.milliseconds) : $0 }
  }
}

extension Int64 {
  func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? (other < 0 ? .min : .max) : sum
  }
}

/// The time of the input that is being applied, and how the wall clock was set.
struct CoreClock: Sendable {
  var time = TurnTime(wall: Timestamp(milliseconds: 0), steady: SteadyTime(milliseconds: 0))
  /// The times of both clocks when the wall clock was last set, or at the first input; nil before that.
  var anchor: TurnTime?
  var steps: ClockSteps
  /// By how much the wall clock was set between the last save and the start, as far as is known.
  let stepBeforeStartMilliseconds: Int64

  /// Smaller differences between the clocks are not a step.
  private static let stepMinMilliseconds: Int64 = 2000

  init(_ steps: ClockSteps, stepBeforeStartMilliseconds step: Int64) {
    self.steps = steps
    stepBeforeStartMilliseconds = step.magnitude < CoreClock.stepMinMilliseconds ? 0 : step
  }

  /// By how much the wall clock was set since the anchor; nil if it was not.
  func step() -> Int64? {
    guard let anchor else { return nil }
    let (step, overflows) = (time.wall.milliseconds - anchor.wall.milliseconds)
      .subtractingReportingOverflow(time.steady.milliseconds(since: anchor.steady))
    return overflows || step.magnitude >= CoreClock.stepMinMilliseconds ? step : nil
  }

  /// How long ago a file of this id was written, without the steps of the wall clock since; never negative.
  func ageMilliseconds(of written: Timestamp, id: MessageID) -> Int64 {
    max(
      0,
      (time.wall.milliseconds - written.milliseconds).addingSaturated(-max(-.max, steps.milliseconds(since: id))))
  }

  /// The wall clock's time of a past instant.
  func label(of past: SteadyTime) -> Timestamp { time.wall.adding(milliseconds: past.milliseconds(since: time.steady)) }
}

// When the wall clock is set, no duration changes, so the times in the files are written again.
extension Core {
  var time: TurnTime { clock.time }
  var now: Timestamp { clock.time.wall }
  var steady: SteadyTime { clock.time.steady }

  mutating func detectClockStep() {
    if clock.anchor == nil { clock.anchor = time }
    guard let step = clock.step(), recordingError == nil, !isStopping else { return }
    clock.anchor = time
    recordClockStep(step)
    for change in restrictions.relabel(at: time) { record(.restriction(change.now, was: change.was)) }
  }

  /// The clock that wrote a time before the start may have been set since.
  mutating func startClock() {
    let step = clock.stepBeforeStartMilliseconds
    if step != 0 { recordClockStep(step) }
    for change in restrictions.begin(at: time, clockStepMilliseconds: step) {
      record(.restriction(change.now, was: change.was))
    }
  }

  private mutating func recordClockStep(_ milliseconds: Int64) {
    log("clock-set", ["seconds": "\(milliseconds / 1000)"])
    clock.steps.add(milliseconds: milliseconds, before: nextID, oldest: files.ids.first)
    record(.clock(clock.steps, at: time))
  }
}
