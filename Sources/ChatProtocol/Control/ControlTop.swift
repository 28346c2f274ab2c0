package struct ControlTop: Equatable, Sendable {
  /// The most rooms, sessions and warnings.
  package static let rowsMax = 10

  /// With at most `rowsMax` faults.
  package var status: ControlStatus
  package var samples: ControlSamples
  /// Busiest first.
  package var busiestRooms: [ControlBusyRoom]
  /// The sessions with the most unread bytes, and only those with any.
  package var slowestSessions: [ControlSession]
  /// Newest last.
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

extension ControlTop: CodedRecord {
  package static let meaning = "\"top\""
  package static let blank = ControlTop(
    status: .blank, samples: .blank, busiestRooms: [], slowestSessions: [], warnings: [])

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("status", &status)
    try coder.field("samples", &samples)
    try coder.field("busiest_rooms", &busiestRooms)
    try coder.field("slowest_sessions", &slowestSessions)
    try coder.field("warnings", &warnings)
  }
}

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

extension ControlSamples: CodedRecord {
  package static let meaning = "the samples"
  package static let blank = ControlSamples(messages: [], deliveries: [], connections: [])

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("messages", &messages)
    try coder.field("deliveries", &deliveries)
    try coder.field("connections", &connections)
  }
}

package struct ControlBusyRoom: Equatable, Sendable {
  package var room: Name
  package var members: Int
  /// A message of a minute ago counts a third of one of now.
  package var messagesPerMinute: Int

  package init(room: Name, members: Int, messagesPerMinute: Int) {
    self.room = room
    self.members = members
    self.messagesPerMinute = messagesPerMinute
  }
}

extension ControlBusyRoom: CodedRecord {
  package static let meaning = "a busy room"
  package static let blank = ControlBusyRoom(room: .lobby, members: 0, messagesPerMinute: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("room", &room)
    try coder.field("members", &members)
    try coder.field("messages_per_minute", &messagesPerMinute)
  }
}

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

extension ControlWarning: CodedRecord {
  package static let meaning = "a warning"
  package static let blank = ControlWarning(time: .first, event: "", text: "")

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("time", &time)
    try coder.field("event", &event)
    try coder.field("text", &text)
  }
}
