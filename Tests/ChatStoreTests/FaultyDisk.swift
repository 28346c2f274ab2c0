import POSIX
import Synchronization

@testable import ChatStore

/// A disk that fails on request, and that loses all unsynced data in a power failure.
final class FaultyDisk: Sendable {
  private struct State {
    /// How many bytes may still be written before writing fails.
    var bytesLeft = Int.max
    var writing: Errno?
    var syncing: Errno?
    var reserving: Errno?
    /// How much of each file is on the disk, by inode.
    var synced: [UInt64: Int64] = [:]
  }

  private let state = Mutex(State())

  /// Writing fails with this error after `bytes` more bytes.
  func failWriting(_ errno: Errno?, after bytes: Int = 0) {
    state.withLock {
      $0.writing = errno
      $0.bytesLeft = bytes
    }
  }

  func failSyncing(_ errno: Errno?) { state.withLock { $0.syncing = errno } }

  func failReserving(_ errno: Errno?) { state.withLock { $0.reserving = errno } }

  /// Truncates the file to its synced part.
  func losePower(_ path: String) throws {
    let status = try File.status(path)
    try File.open(path, .writeOnly).truncate(to: min(status.size, state.withLock { $0.synced[status.inode] ?? 0 }))
  }

  var calls: DiskCalls {
    DiskCalls(
      write: { [self] (descriptor, bytes) throws(Errno) in
        let (failure, count) = state.withLock { state -> (Errno?, Int) in
          guard let failure = state.writing else { return (nil, bytes.count) }
          let count = min(bytes.count, state.bytesLeft)
          state.bytesLeft -= count
          return (failure, count)
        }
        if let failure, count == 0 { throw failure }
        return try descriptor.write(bytes.prefix(count))
      },
      sync: { [self] (descriptor) throws(Errno) in
        if let failure = state.withLock({ $0.syncing }) { throw failure }
        try descriptor.sync(.data)
        let status = try descriptor.status()
        state.withLock { $0.synced[status.inode] = status.size }
      },
      preallocate: { [self] (descriptor, offset, length) throws(Errno) in
        if let failure = state.withLock({ $0.reserving }) { throw failure }
        try descriptor.preallocate(from: offset, length: length)
      })
  }
}
