import ChatProtocol
import POSIX
import Terminal

/// How `top` runs.
struct TopOptions: Equatable {
  /// How many readings it shows; nil for no end.
  var count: Int?
  var intervalSeconds = 1
  /// One reading, which stays on the screen.
  var isOnce = false
}

extension AdminVerb {
  static let top = AdminVerb(
    "top", options: [[.once, .count], [.interval]], summary: "Monitor the server: rates, busy rooms, slow clients.",
    details: """
      On a terminal it takes the whole screen until q or Ctrl-C. Elsewhere it prints one
      reading after the other, separated by an empty line; with --json, one JSON document
      a line.
      MESSAGES/MIN of a room weighs the messages of a minute ago a third of those of now.
      """,
    example: """
      $ chat-admin top --once
      chat-server 0.1.0 at 127.0.0.1:7777, data data        up 2 h 3 min  22:14:05 CET
      sessions 3  users 2  accounts 12  rooms 4  memory 23.3 MiB

                     /s     10 s     60 s         TOTAL
      messages        2      1.5      0.3          1042
      delivered       4      3.0      0.7          2090
      connected       0      0.1      0.1            31
      messages/s  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃▃▅▁▁▃█▅▃▅
      0 password hashes, 0 history requests, 0 throttled sessions, 0 turns pending

      BUSIEST ROOM  MEMBERS  MESSAGES/MIN
      lobby               2            18

      SLOWEST CLIENT  SESSION  ROOM  ADDRESS  QUEUED
      no slow clients

      LATEST WARNING
      none since the start
      """
  ) { (arguments) throws(AdminError) in
    let isOnce = arguments.flag(.once)
    let count = try arguments.number(.count, in: 1...1_000_000_000)
    return .top(
      TopOptions(
        count: isOnce ? 1 : count, intervalSeconds: try arguments.number(.interval, in: 1...3600) ?? 1, isOnce: isOnce))
  }
}

extension AdminProgram {
  mutating func top(_ top: TopOptions, _ options: AdminOptions) throws(AdminError) {
    var connection = try takeConnection(to: options.location)
    if environment.isAtTerminal, !options.json, !top.isOnce {
      var screen = try TopScreen.open(top, on: connection, in: environment)
      try screen.run(&connection)
    } else {
      try printReadings(top, from: &connection, isJSON: options.json)
    }
    keep(connection)
  }

  private func printReadings(
    _ top: TopOptions, from connection: inout AdminConnection, isJSON: Bool
  ) throws(AdminError) {
    var shownCount = 0
    while true {
      let next = SuspendingClock.now + .seconds(top.intervalSeconds)
      let reply = try connection.ask(.top, timeout: environment.replyTimeout)
      var printer = ReplyPrinter(.top, json: isJSON, columnsMax: environment.columnsMax)
      try write((shownCount == 0 || isJSON ? "" : "\n") + printer.last(reply))
      shownCount += 1
      if shownCount == top.count { return }
      if connection.waitForEnd(until: next) { throw connection.lossError(at: .top) }
      if let interruption = environment.interruption, interruption.isInterrupted || interruption.isEnding { return }
    }
  }
}
