/// A line of `/files`.
package struct ListedFile: Equatable, Sendable {
  package var file: SharedFile
  package var cksum: UInt32
  /// Since when it is shared.
  package var time: Timestamp

  package init(file: SharedFile, cksum: UInt32, time: Timestamp) {
    self.file = file
    self.cksum = cksum
    self.time = time
  }
}

/// What `/offer` tells.
package struct OfferedFile: Equatable, Sendable {
  package var id: MessageID
  package var name: String
  package var ticket: Secret
  /// How much of it the server has already: the bytes from there on are to be sent.
  package var offset: UInt64
  /// `HOST PORT` where the bytes go, for a person who types the command. The `json` dialect leaves it out: a program knows.
  package var address: String?

  package init(id: MessageID, name: String, ticket: Secret, offset: UInt64, address: String? = nil) {
    self.id = id
    self.name = name
    self.ticket = ticket
    self.offset = offset
    self.address = address
  }
}

/// What `/get` tells.
package struct FetchedFile: Equatable, Sendable {
  package var id: MessageID
  package var name: String
  /// Of the whole file, in bytes.
  package var size: UInt64
  package var cksum: UInt32
  package var ticket: Secret
  /// The bytes from there on come.
  package var offset: UInt64
  /// As in `OfferedFile`.
  package var address: String?

  package init(
    id: MessageID, name: String, size: UInt64, cksum: UInt32, ticket: Secret, offset: UInt64, address: String? = nil
  ) {
    self.id = id
    self.name = name
    self.size = size
    self.cksum = cksum
    self.ticket = ticket
    self.offset = offset
    self.address = address
  }
}
