import ChatProtocol
import POSIX
import Terminal

// `top`: how the server is, again and again.
extension AdminProgram {
  mutating func watch(_ top: TopOptions, _ options: AdminOptions) throws(AdminError) {
    var connection = try takeConnection(to: options.place)
    if surroundings.isAtTerminal, !options.json, !top.isOnce {
      var screen = try TopScreen.open(top, on: connection, in: surroundings)
      try screen.run(&connection)
    } else {
      try follow(&connection, top, isJSON: options.json)
    }
    keep(connection)
  }

  /// One answer below the other, each as soon as it is there: as JSON a line each, for people with an empty line between them.
  private func follow(
    _ connection: inout AdminConnection, _ top: TopOptions, isJSON: Bool
  ) throws(AdminError) {
    var shownCount = 0
    while true {
      let asked_ns = SystemClock.monotonic_ns
      let reply = try connection.ask(.top, silence_ms_max: surroundings.silence_ms_max)
      var text = AnswerText(.top, json: isJSON, columnsMax: surroundings.columnsMax)
      try write((shownCount == 0 || isJSON ? "" : "\n") + text.last(reply))
      shownCount += 1
      if shownCount == top.count { return }
      let passed_ms = (SystemClock.monotonic_ns - asked_ns) / 1_000_000
      if connection.awaitEnd(timeout_ms: Int32(clamping: Int64(top.interval_s) * 1000 - passed_ms)) {
        throw connection.loss(at: .top)
      }
      if let interruption = surroundings.interruption, interruption.hasCome || interruption.isEnding { return }
    }
  }
}
