import JSON

extension ControlTop {
  var json: JSONValue {
    [
      "status": status.json, "samples": samples.json, "busiest_rooms": .array(busiestRooms.map(\.json)),
      "slowest_sessions": .array(slowestSessions.map(\.json)), "warnings": .array(warnings.map(\.json)),
    ]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let top = try ControlObject(json, "\"top\"")
    status = try ControlStatus(json: try top.present("status"))
    samples = try ControlSamples(json: try top.present("samples"))
    busiestRooms = try top.array("busiest_rooms", of: ControlBusyRoom.init(json:))
    slowestSessions = try top.array("slowest_sessions", of: ControlSession.init(json:))
    warnings = try top.array("warnings", of: ControlWarning.init(json:))
  }
}

extension ControlSamples {
  fileprivate var json: JSONValue {
    func numbers(_ values: [Int]) -> JSONValue { .array(values.map { .int($0) }) }
    return [
      "messages": numbers(messages), "deliveries": numbers(deliveries), "connections": numbers(connections),
    ]
  }

  fileprivate init(json: JSONValue) throws(ControlDecodingError) {
    let samples = try ControlObject(json, "the samples")
    func numbers(_ key: String) throws(ControlDecodingError) -> [Int] {
      try samples.array(key) { value throws(ControlDecodingError) in
        guard let number = value.int else {
          throw ControlDecodingError("\"\(key)\" of the samples is to hold whole numbers")
        }
        return number
      }
    }
    messages = try numbers("messages")
    deliveries = try numbers("deliveries")
    connections = try numbers("connections")
  }
}

extension ControlBusyRoom {
  fileprivate var json: JSONValue {
    ["room": .string(room.text), "members": .int(members), "messages_per_minute": .int(messagesPerMinute)]
  }

  fileprivate init(json: JSONValue) throws(ControlDecodingError) {
    let busy = try ControlObject(json, "a busy room")
    room = try busy.name("room")
    members = try busy.int("members")
    messagesPerMinute = try busy.int("messages_per_minute")
  }
}

extension ControlWarning {
  fileprivate var json: JSONValue {
    ["time": .orNull(time), "event": .string(event), "text": .string(text)]
  }

  fileprivate init(json: JSONValue) throws(ControlDecodingError) {
    let warning = try ControlObject(json, "a warning")
    time = try warning.timestamp("time")
    event = try warning.string("event")
    text = try warning.string("text")
  }
}
