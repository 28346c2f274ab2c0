package import JSON
import Text

/// Which lines to read from the log, and in which form. A filter that is nil accepts everything.
package struct ControlLogQuery: Equatable, Sendable {
  package enum Form: Equatable, Sendable {
    /// The messages of a room.
    case messages(Name)
    /// The lines, unchanged.
    case lines
    /// Each line as an object with its id.
    case events
  }

  /// A place in the log.
  package enum Moment: Equatable, Sendable {
    case time(Timestamp)
    case position(LogPosition)
  }

  package var form: Form
  /// Continue with new lines, without end.
  package var isFollowing: Bool
  /// From this time on, or after this id.
  package var since: Moment?
  /// Before this time, or up to this id.
  package var until: Moment?
  /// The name in `from`, `user` or `by`.
  package var user: Name?
  /// A text to find, in upper or lower case.
  package var text: String?
  /// Only the last so many of the lines that are there.
  package var last: Int?
  package var room: Name?
  package var event: String?

  /// How many lines a query without `since` and `until` returns.
  package static let defaultLast = 100

  package init(
    _ form: Form, isFollowing: Bool = false, since: Moment? = nil, until: Moment? = nil, user: Name? = nil,
    text: String? = nil, last: Int? = nil, room: Name? = nil, event: String? = nil
  ) {
    self.form = form
    self.isFollowing = isFollowing
    self.since = since
    self.until = until
    self.user = user
    self.text = text
    self.last = last
    self.room = room
    self.event = event
  }

  /// nil for all lines.
  package var effectiveLast: Int? { last ?? (since == nil && until == nil ? Self.defaultLast : nil) }

  var verb: ControlVerb {
    switch form {
    case .messages: .messages
    case .lines: .log
    case .events: .watch
    }
  }

  mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    if case .messages(var room) = form {
      try coder.field("room", &room)
      form = .messages(room)
    } else {
      try coder.optional("room", &room)
      try coder.optional("event", &event)
    }
    try coder.optional("from", &user)
    try coder.optional("grep", &text)
    text = text.map { CleanText.string(from: $0) }
    try coder.optional("since", &since)
    try coder.optional("until", &until)
    try coder.optional("last", &last)
    if case .messages = form { return }
    try coder.flag("follow", &isFollowing)
    if isFollowing, until != nil { try coder.fail("\"until\" and \"follow\" exclude each other; give one of them") }
  }
}

extension ControlLogQuery.Moment: FieldValue {
  package static var expected: String { "a time as 2026-11-20T20:11:02.123Z or an id as 1042.3" }

  package static func read(_ value: JSONValue) -> Self? {
    guard let text = value.string else { return nil }
    return Timestamp(written: text).map { .time($0) } ?? LogPosition(text).map { .position($0) }
  }

  package var json: JSONValue {
    switch self {
    case .time(let time): .string(time.description)
    case .position(let position): .string(position.description)
    }
  }
}

/// A line of the log in parts.
package struct ControlLogEvent: Equatable, Sendable {
  package struct Field: Equatable, Sendable {
    package var key: String
    package var value: String

    package init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }

  /// To ask for what follows it.
  package var id: LogPosition
  /// nil for a damaged line, which is `text` then.
  package var time: Timestamp?
  package var event: String?
  package var fields: [Field]
  package var text: String?

  package init(id: LogPosition, time: Timestamp?, event: String?, fields: [Field] = [], text: String? = nil) {
    self.id = id
    self.time = time
    self.event = event
    self.fields = fields
    self.text = text
  }
}

/// The fields are members beside those that every line has, each a string, in the order of the log.
extension ControlLogEvent: FieldValue {
  private static let ownKeys: Set = ["id", "time", "event", "text"]

  package static var expected: String { "an event, in {}" }

  package static func read(_ value: JSONValue) throws(CodingError) -> ControlLogEvent? {
    guard let members = value.members else { return nil }
    var event = ControlLogEvent(id: LogPosition(), time: nil, event: nil)
    var reader = try RecordReader(value, "an event")
    try event.codeStart(&reader)
    for member in members where !ownKeys.contains(member.name) {
      // A newer server may have members of another type.
      if let value = member.value.string { event.fields.append(Field(member.name, value)) }
    }
    try reader.optional("text", &event.text)
    return event
  }

  package var json: JSONValue {
    var (event, builder) = (self, RecordBuilder())
    event.codeStart(&builder)
    var object = builder.value
    // The id in the line is not this id.
    for field in fields where !Self.ownKeys.contains(field.key) { object[field.key] = .string(field.value) }
    object["text"] = text.map { .string($0) }
    return object
  }

  private mutating func codeStart<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &id)
    try coder.nullable("time", &time)
    try coder.nullable("event", &event)
  }
}

extension LogPosition: FieldValue {
  package static var expected: String { "an id as 1042.3" }
  package static func read(_ value: JSONValue) -> LogPosition? { value.string.flatMap { LogPosition($0) } }
  package var json: JSONValue { .string(description) }
}

/// A message of the log with its members in the order of the control socket.
struct LoggedMessage: CodedRecord {
  static let meaning = "a message"
  static let blank = LoggedMessage(message: .blank)

  var message: PastMessage

  mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &message.message.id)
    try coder.field("time", &message.time)
    try coder.field("room", &message.message.room)
    try coder.field("from", &message.message.from)
    try coder.field("action", &message.message.isAction)
    try coder.field("text", &message.message.text)
  }
}
