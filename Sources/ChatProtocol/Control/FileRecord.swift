package import JSON

/// A file that is shared, or one that was offered and whose upload is not finished: an entry of `files.json`, and what
/// `chat-admin` shows.
package struct FileRecord: Equatable, Sendable {
  package var id: MessageID
  package var room: Name
  package var from: Name
  package var name: FileName
  /// In bytes.
  package var size: UInt64
  /// As cksum(1) prints it.
  package var cksum: UInt32
  package var offered: Timestamp
  /// nil until all bytes have arrived.
  package var shared: Timestamp?

  /// Used for a time that an entry written by hand lacks.
  package static let unknownTime = Timestamp(milliseconds: 0)

  package init(
    id: MessageID, room: Name, from: Name, name: FileName, size: UInt64, cksum: UInt32, offered: Timestamp,
    shared: Timestamp? = nil
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

extension FileRecord: CodedRecord {
  package static let meaning = "a file"
  package static let blank = FileRecord(
    id: 0, room: .lobby, from: .lobby, name: FileName("file")!, size: 0, cksum: 0, offered: .first)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &id)
    try coder.field("room", &room)
    try coder.field("from", &from)
    try coder.field("name", &name)
    try coder.field("size", &size)
    try coder.field("cksum", &cksum)
    try coder.field("offered", &offered)
    try coder.nullable("shared", &shared)
  }
}

extension FileName: FieldValue {
  package static var expected: String { "a file name (\(rule))" }
  package static func read(_ value: JSONValue) -> FileName? { value.string.flatMap { FileName($0) } }
  package var json: JSONValue { .string(text) }
}
