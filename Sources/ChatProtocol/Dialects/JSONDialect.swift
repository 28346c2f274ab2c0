/// One JSON object a line, `event` and `time` first: for `chat` and for bots. Each event describes its members in `Event.code`.
enum JSONDialect {
  static func encode(_ event: Event, at time: Timestamp, into bytes: inout [UInt8]) {
    var time = time
    // The bytes move into the writer and back, so that they are not copied.
    var writer = RecordWriter()
    swap(&writer.bytes, &bytes)
    let outer = writer.beginObject()
    _ = event.code(&writer, &time)
    writer.endObject(outer)
    swap(&writer.bytes, &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }
}
