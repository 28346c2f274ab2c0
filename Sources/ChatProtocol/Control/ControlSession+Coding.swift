import JSON

extension ControlSession {
  var json: JSONValue {
    [
      "id": .int(id),
      "user": .orNull(user),
      "guest": .bool(isGuest),
      "address": .string(address),
      "format": .string(dialect.rawValue),
      "room": .orNull(room),
      "connected": .orNull(connected),
      "last_active": .orNull(lastActive),
      "outbox_bytes": .int(outboxBytes),
      "transfer": transfer?.json ?? .null,
    ]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let session = try ControlObject(json, "a session")
    id = try session.unsigned("id")
    user = try session.optionalName("user")
    isGuest = try session.bool("guest")
    address = try session.string("address")
    dialect = try session.value("format", "text or json") { $0.string.flatMap { Dialect(rawValue: $0) } }
    room = try session.optionalName("room")
    connected = try session.timestamp("connected")
    lastActive = try session.timestamp("last_active")
    outboxBytes = try session.int("outbox_bytes")
    transfer = try session["transfer"].map(ControlTransfer.init(json:))
  }
}

extension ControlTransfer {
  fileprivate var json: JSONValue { ["direction": isUp ? "up" : "down", "file": .int(file)] }

  fileprivate init(json: JSONValue) throws(ControlDecodingError) {
    let transfer = try ControlObject(json, "a transfer")
    isUp = try transfer.value("direction", "up or down") { ["up": true, "down": false][$0.string ?? ""] }
    file = try transfer.unsigned("file")
  }
}
