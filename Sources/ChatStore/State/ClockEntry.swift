package import ChatCore
import ChatProtocol
import JSON
import POSIX

/// A clock that counts since the machine started.
package struct BootClock: Sendable {
  /// Which start of the machine that was; nil where nobody knows.
  package var id: String?
  package var now: @Sendable () -> SteadyTime

  package init(id: String?, now: @escaping @Sendable () -> SteadyTime) {
    self.id = id
    self.now = now
  }

  package static let system = BootClock(id: SystemClock.bootID) { SteadyTime(milliseconds: SystemClock.uptime_ms) }
}

/// `clock` in `state.json`: what tells, together with when the file was saved, how the wall clock was set since.
struct ClockEntry: Equatable, Sendable {
  /// The machine's start, and how long ago that was when the file was saved.
  var boot: String?
  var uptime: SteadyTime?
  var steps = ClockSteps()

  static let problem = "\"clock\" is not as a server writes it; remove it, and times count as the clock says"

  /// By how much the wall clock was set since `saved`, as far as can be told. Within one run of the machine that is exact; else
  /// only a clock that has gone back is known to have been set.
  func set_ms(since saved: Timestamp?, wall: Timestamp, _ clock: BootClock) -> Int64 {
    guard let saved else { return 0 }
    let difference_ms = wall.milliseconds - saved.milliseconds
    var passed_ms = max(0, difference_ms)
    if let boot, boot == clock.id, let uptime {
      let now = clock.now()
      if now >= uptime { passed_ms = now.milliseconds(since: uptime) }
    }
    let (set_ms, isOver) = difference_ms.subtractingReportingOverflow(passed_ms)
    return isOver ? .min : set_ms
  }

  /// nil for what no server wrote.
  static func read(_ value: JSONValue) -> ClockEntry? {
    guard value.members != nil, let count = value["set"]?.int, count >= 0, let list = value["steps"]?.array,
      list.count <= ClockSteps.stepsMax
    else { return nil }
    var entry = ClockEntry(boot: value["boot"]?.string)
    entry.uptime = value["uptime"]?.int.map { SteadyTime(milliseconds: Int64($0)) }
    entry.steps.count = Int64(count)
    for element in list {
      guard let before = element["before"]?.int, before >= 0, let milliseconds = element["milliseconds"]?.int else {
        return nil
      }
      entry.steps.steps.append(
        ClockSteps.Step(before: MessageID(before), milliseconds: Int64(milliseconds)))
    }
    return entry
  }

  var json: JSONValue {
    [
      "boot": .text(boot), "uptime": uptime.map { .int($0.milliseconds) } ?? .null, "set": .int(steps.count),
      "steps": .array(steps.steps.map { ["before": .int($0.before), "milliseconds": .int($0.milliseconds)] }),
    ]
  }
}
