import Text

extension SharedFile {
  /// How people are told a size.
  package static func words(_ bytes: UInt64) -> String { ByteCount.words(bytes) }

  /// Two sizes of which one is the greater, so that it is seen.
  package static func words(_ one: UInt64, _ other: UInt64) -> (String, String) {
    let words = (self.words(one), self.words(other))
    return words.0 == words.1 ? ("\(one) bytes", "\(other) bytes") : words
  }
}

/// A line of `/files`.
package struct ListedFile: Equatable, Sendable {
  package var file: SharedFile
  package var cksum: UInt32
  /// Since when it is shared, or offered.
  package var time: Timestamp
  /// It was offered, and its bytes have not all come; nobody but its sharer sees it.
  package var isUnfinished: Bool

  package init(file: SharedFile, cksum: UInt32, time: Timestamp, isUnfinished: Bool = false) {
    self.file = file
    self.cksum = cksum
    self.time = time
    self.isUnfinished = isUnfinished
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
