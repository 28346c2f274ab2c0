import ChatProtocol

// The wall clock is set, by a person or a time server: what lasts goes on as long as before, and the times in the files that say
// until when are told anew.
extension Core {
  /// What both clocks differ by less is no setting of one.
  static let clockSet_min_ms: Int64 = 2000

  /// Compares both clocks: how far they went since they were last compared.
  mutating func noteClock() {
    guard let anchor = clockAnchor else {
      clockAnchor = time
      return
    }
    let (set_ms, isOver) = (now.milliseconds - anchor.wall.milliseconds)
      .subtractingReportingOverflow(steady.milliseconds(since: anchor.steady))
    guard isOver || set_ms.magnitude >= Core.clockSet_min_ms, recordingError == nil, !isStopping else { return }
    clockAnchor = time
    noteClockSet(by: set_ms)
    for change in restrictions.relabel(at: time) { record(.restriction(change.now, was: change.was)) }
  }

  /// Times that were written before the start are read by the clock that they were written by.
  mutating func beginTimes() {
    let set_ms = clockSetBeforeStart_ms.magnitude < Core.clockSet_min_ms ? 0 : clockSetBeforeStart_ms
    if set_ms != 0 { noteClockSet(by: set_ms) }
    for change in restrictions.begin(at: time, clockSet_ms: set_ms) {
      record(.restriction(change.now, was: change.was))
    }
  }

  private mutating func noteClockSet(by set_ms: Int64) {
    log("clock-set", [.init("seconds", "\(set_ms / 1000)")])
    clockSteps.note(milliseconds: set_ms, before: nextID, oldest: files.ids.first)
    record(.clock(clockSteps, at: time))
  }

  /// How long ago the wall clock was at a time that a file of this id bears, whatever it was set by since; never negative.
  func age_ms(of written: Timestamp, id: MessageID) -> Int64 {
    max(0, (now.milliseconds - written.milliseconds).addingSaturated(-max(-.max, clockSteps.milliseconds(since: id))))
  }

  /// What the wall clock calls an instant that is past.
  func label(of past: SteadyTime) -> Timestamp { now.adding(milliseconds: past.milliseconds(since: steady)) }
}
