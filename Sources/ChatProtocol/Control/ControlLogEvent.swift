import JSON

/// A line of the log, taken apart.
package struct ControlLogEvent: Equatable, Sendable {
  package struct Field: Equatable, Sendable {
    package var key: String
    package var value: String

    package init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }

  /// What comes after it is asked for by this.
  package var id: LogPosition
  /// nil for a line that is damaged: then all of it is `text`.
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

extension ControlLogEvent {
  private static let ownKeys: Set = ["id", "time", "event", "text"]

  /// The fields stand beside what every line has, each a string, in the order of the log.
  var json: JSONValue {
    var object: JSONValue = [
      "id": .string(id.description), "time": .orNull(time), "event": event.map { .string($0) } ?? nil,
    ]
    // The id that stands in the line is the line's own.
    for field in fields where !Self.ownKeys.contains(field.key) { object[field.key] = .string(field.value) }
    object["text"] = text.map { .string($0) }
    return object
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let object = try ControlObject(json, "an event")
    id = try object.value("id", "an id as 1042.3") { $0.string.flatMap { LogPosition($0) } }
    time = try object.optionalTimestamp("time")
    event = try object.optionalString("event")
    fields = []
    for member in object.members where !Self.ownKeys.contains(member.name) {
      // A newer server may tell more.
      if let value = member.value.string { fields.append(Field(member.name, value)) }
    }
    text = try object.optionalString("text")
  }
}

extension PastMessage {
  var controlJSON: JSONValue {
    [
      "id": .int(message.id), "time": .string(time.description), "room": .string(message.room.text),
      "from": .string(message.from.text), "action": .bool(message.isAction), "text": .string(message.text),
    ]
  }

  init(controlJSON json: JSONValue) throws(ControlDecodingError) {
    let object = try ControlObject(json, "a message")
    self.init(
      time: try object.timestamp("time"),
      message: RoomMessage(
        id: try object.unsigned("id"), room: try object.name("room"), from: try object.name("from"),
        text: try object.string("text"), isAction: try object.bool("action")))
  }
}
