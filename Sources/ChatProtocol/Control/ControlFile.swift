import JSON

/// A shared file, or one that was offered and whose bytes have not all come.
package struct ControlFile: Equatable, Sendable {
  package var id: MessageID
  package var room: Name
  package var from: Name
  package var name: String
  /// In bytes.
  package var size: UInt64
  package var cksum: UInt32
  package var offered: Timestamp
  /// nil until all bytes are there.
  package var shared: Timestamp?

  package init(
    id: MessageID, room: Name, from: Name, name: String, size: UInt64, cksum: UInt32, offered: Timestamp,
    shared: Timestamp?
  ) {
    self.id = id
    self.room = room
    self.from = from
    self.name = name
    self.size = size
    self.cksum = cksum
    self.offered = offered
    self.shared = shared
  }
}

extension ControlFile {
  var json: JSONValue {
    [
      "id": .int(id),
      "room": .string(room.text),
      "from": .string(from.text),
      "name": .string(name),
      "size": .int(size),
      "cksum": .int(cksum),
      "offered": .orNull(offered),
      "shared": .orNull(shared),
    ]
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let file = try ControlObject(json, "a file")
    id = try file.unsigned("id")
    room = try file.name("room")
    from = try file.name("from")
    name = try file.string("name")
    size = try file.unsigned("size")
    cksum = try file.value("cksum", "a number of 32 bits") { $0.int.flatMap { UInt32(exactly: $0) } }
    offered = try file.timestamp("offered")
    shared = try file.optionalTimestamp("shared")
  }
}
