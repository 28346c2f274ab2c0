package import ChatProtocol

/// The bytes of a file on their way over a connection that is for nothing else.
package struct Transfer: Equatable, Sendable {
  package enum Direction: Sendable {
    /// To the server: what comes is kept as part of the file until all of it is there.
    case up
    case down
  }

  package var direction: Direction
  package var file: MessageID
  /// Of the whole file.
  package var size: UInt64
  package var cksum: UInt32
  /// Bytes before this are where they are to be already.
  package var offset: UInt64

  package init(_ direction: Direction, file: MessageID, size: UInt64, cksum: UInt32, offset: UInt64) {
    self.direction = direction
    self.file = file
    self.size = size
    self.cksum = cksum
    self.offset = offset
  }
}

/// What came of a transfer.
package enum TransferEnd: Equatable, Sendable {
  /// All bytes went. Those of an upload are checked, synced and no part any more.
  case done
  /// All bytes came, and they are others than were offered.
  case wrongCksum
  /// So many of the file's bytes are where they were to go.
  case brokenOff(reason: String, bytes: UInt64)
}

/// What `Effect.lookAtFile` asks about the bytes of a file.
package enum FileQuestion: Equatable, Sendable {
  /// Take room on the disk for all of the file, and tell how much of it is there.
  case partOf(MessageID, size: UInt64)
  /// Are all of its bytes there?
  case wholeOf(MessageID, size: UInt64)
}

package enum FileAnswer: Equatable, Sendable {
  case bytes(UInt64)
  /// The bytes are gone, or are not as many as they should be.
  case missing
  /// The disk has no room, or fails.
  case failed(reason: String)
}
