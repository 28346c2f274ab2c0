package import ChatProtocol

/// An entry of `files.json`: a file that is shared, or one that was offered and whose bytes have not all come.
package struct FileRecord: Equatable, Sendable {
  package var id: MessageID
  package var room: Name
  package var from: Name
  package var name: FileName
  /// In bytes.
  package var size: UInt64
  /// What cksum(1) prints first.
  package var cksum: UInt32
  package var offered: Timestamp
  /// Since when it is shared; nil until all its bytes are there.
  package var shared: Timestamp?

  /// What stands for a time that an entry written by hand does not say.
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
