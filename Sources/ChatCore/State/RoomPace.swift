/// How much is said in a room: messages a minute, those of longer ago counting less and less, and none once nothing was said for a
/// minute.
///
/// A message costs an addition. Whoever wants to know has it reckoned, which is to be done about once a second.
struct RoomPace: Sendable {
  /// Messages that are not reckoned yet.
  var said: Int32 = 0
  private var perMinute: Float = 0
  /// For which second that was right: the last in which something was said.
  private var second: Int64 = 0

  private static let silence_s: Int64 = 60

  /// What a second leaves of all before it: so somebody who says as much every second comes to sixty times that.
  private static let kept: Float = 59.0 / 60.0

  mutating func reckon(at second: Int64) {
    perMinute = perMinute(at: second) + Float(said)
    said = 0
    self.second = second
  }

  func perMinute(at second: Int64) -> Float {
    let seconds = max(0, second - self.second)
    guard seconds <= Self.silence_s else { return 0 }
    return (0..<seconds).reduce(perMinute) { value, _ in value * Self.kept }
  }
}

/// Which rooms are the busiest, without looking at those in which nothing is said.
///
/// With time all paces lessen alike, so that of two rooms only one that speaks comes to overtake the other: the next leaders are
/// among the last ones and those that spoke since.
struct RoomActivity: Sendable {
  /// More than anybody is told of, so that rooms that are deleted leave no gap.
  static let leaders_max = 32
  /// That many have spoken: they are reckoned at once, so that it is never many.
  static let speakers_max = 4096

  /// Places of rooms, the busiest first.
  var leaders: [Int32] = []
  /// Places of the rooms that spoke since they were last reckoned.
  var speakers: [Int32] = []
}
