/// How the server is at this second, and who makes it so: bounded, however much goes on.
package struct ControlTop: Equatable, Sendable {
  /// The most rooms, sessions and warnings each.
  package static let rows_max = 10

  /// Of its faults the first `rows_max`.
  package var status: ControlStatus
  package var samples: ControlSamples
  /// The busiest first.
  package var busiestRooms: [ControlBusyRoom]
  /// Those for which the most bytes wait; none that keeps up.
  package var slowestSessions: [ControlSession]
  /// The newest last.
  package var warnings: [ControlWarning]

  package init(
    status: ControlStatus, samples: ControlSamples, busiestRooms: [ControlBusyRoom], slowestSessions: [ControlSession],
    warnings: [ControlWarning]
  ) {
    self.status = status
    self.samples = samples
    self.busiestRooms = busiestRooms
    self.slowestSessions = slowestSessions
    self.warnings = warnings
  }
}

/// What happened in each of the last seconds, 60 at most, the oldest first.
package struct ControlSamples: Equatable, Sendable {
  package var messages: [Int]
  package var deliveries: [Int]
  package var connections: [Int]

  package init(messages: [Int], deliveries: [Int], connections: [Int]) {
    self.messages = messages
    self.deliveries = deliveries
    self.connections = connections
  }
}

package struct ControlBusyRoom: Equatable, Sendable {
  package var room: Name
  package var members: Int
  /// Messages a minute; those of a minute ago count a third of those of now.
  package var messagesPerMinute: Int

  package init(room: Name, members: Int, messagesPerMinute: Int) {
    self.room = room
    self.members = members
    self.messagesPerMinute = messagesPerMinute
  }
}

/// A line of the log that the operator should know of.
package struct ControlWarning: Equatable, Sendable {
  package var time: Timestamp
  /// As in the log: `warning`, `fault`, `recording-failed` …
  package var event: String
  package var text: String

  package init(time: Timestamp, event: String, text: String) {
    self.time = time
    self.event = event
    self.text = text
  }
}
