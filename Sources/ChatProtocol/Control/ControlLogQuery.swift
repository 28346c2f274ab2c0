import JSON
import Text

/// What is to be read from the log, and how it is to be told. Filters that are nil let everything through.
package struct ControlLogQuery: Equatable, Sendable {
  package enum Form: Equatable, Sendable {
    /// What was said in a room.
    case messages(Name)
    /// The lines as they stand there.
    case lines
    /// Each line as an object with its id.
    case events
  }

  /// Where in the log.
  package enum Moment: Equatable, Sendable {
    case time(Timestamp)
    case position(LogPosition)
  }

  package var form: Form
  /// Go on with what comes, without end.
  package var isFollowing: Bool
  /// From this time on, or after this id.
  package var since: Moment?
  /// Before this time, or up to this id.
  package var until: Moment?
  /// Who says or does it, or is concerned.
  package var user: Name?
  /// A text to be found in any case.
  package var text: String?
  /// Only the last so many of those that stand there.
  package var last: Int?
  package var room: Name?
  package var event: String?

  /// How many are told where nothing says from when.
  package static let lastStandard = 100

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

  /// nil for all there are.
  package var lastInForce: Int? { last ?? (since == nil && until == nil ? Self.lastStandard : nil) }

  /// What it is called on the wire.
  var verb: String {
    switch form {
    case .messages: "messages"
    case .lines: "log"
    case .events: "watch"
    }
  }

  static func keys(of verb: String) -> [String] {
    let keys = ["since", "until", "from", "grep", "last", "room"]
    return verb == "messages" ? keys : keys + ["event", "follow"]
  }
}

// MARK: - Coding

extension ControlLogQuery {
  init(_ object: ControlObject, verb: String) throws(ControlDecodingError) {
    let form: Form =
      switch verb {
      case "messages": .messages(try object.name("room"))
      case "log": .lines
      default: .events
      }
    self.init(
      form, isFollowing: try object.flag("follow"), since: try Self.moment(object, "since"),
      until: try Self.moment(object, "until"), user: try object.optionalName("from"),
      text: try object.optionalString("grep").map { CleanText.string(from: $0) },
      last: try object.optional("last", "a whole number from 0") { $0.int.flatMap { $0 < 0 ? nil : $0 } },
      room: verb == "messages" ? nil : try object.optionalName("room"), event: try object.optionalString("event"))
    if isFollowing, until != nil {
      throw ControlDecodingError("\"until\" ends where \"follow\" goes on: give one of the two")
    }
  }

  private static func moment(_ object: ControlObject, _ key: String) throws(ControlDecodingError) -> Moment? {
    try object.optional(key, "a time as 2026-11-20T20:11:02.123Z or an id as 1042.3") {
      $0.string.flatMap { Moment($0) }
    }
  }
}

extension ControlLogQuery.Moment {
  fileprivate init?(_ text: String) {
    if let time = Timestamp(written: text) {
      self = .time(time)
    } else if let position = LogPosition(text) {
      self = .position(position)
    } else {
      return nil
    }
  }

  fileprivate var json: JSONValue {
    switch self {
    case .time(let time): .string(time.description)
    case .position(let position): .string(position.description)
    }
  }
}

extension JSONValue {
  mutating func append(_ query: ControlLogQuery) {
    if case .messages(let room) = query.form { self["room"] = .string(room.text) }
    self["room"] = query.room.map { .string($0.text) } ?? self["room"]
    self["event"] = query.event.map { .string($0) }
    self["from"] = query.user.map { .string($0.text) }
    self["grep"] = query.text.map { .string($0) }
    self["since"] = query.since?.json
    self["until"] = query.until?.json
    self["last"] = query.last.map { .int($0) }
    if query.isFollowing { self["follow"] = true }
  }
}
