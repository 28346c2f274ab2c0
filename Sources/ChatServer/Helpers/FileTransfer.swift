import ChatCore
import ChatProtocol
import ChatStore
import POSIX
import Synchronization

/// The bytes of one file over one connection, on a thread of their own: it waits, copies a bounded piece, and waits again.
struct FileTransfer: Sendable {
  let transfer: Transfer
  let folder: FilesFolder
  let socket: TransportStream
  /// Of an upload: what came with its first line.
  let firstBytes: [UInt8]
  let stallTimeout: Duration
  let diskThrottle: DiskThrottle
  /// Of a download; all uploads together may have twice that. 0 means no bound.
  ///
  /// A machine that sends and writes as fast as it can spends milliseconds on end in the kernel, where priorities do not
  /// count. Without the bound, chat took five to ten times as long.
  let bytesPerSecondMax: Int

  /// The memory of one: its buffer, the piece of which the cksum is taken, a stack.
  static let memoryBytes = 640 << 10
  /// What sendfile(2) is asked for at a time.
  private static let pieceBytes = 64 << 10
  /// How much is still stored of an upload that is cut.
  private static let storedAfterCutMax: UInt64 = 1 << 20

  func run() -> TransferResult {
    switch transfer.direction {
    case .up: receive()
    case .down: send()
    }
  }

  // MARK: Up

  private func receive() -> TransferResult {
    var present = transfer.offset
    do throws(Interruption) {
      let file = try opened { () throws(Errno) in try folder.openPart(transfer.file) }
      guard try disk({ () throws(Errno) in try file.size() }) == Int64(transfer.offset) else {
        throw .ended("the part on the server does not end where this begins")
      }
      let first = firstBytes.prefix(Int(clamping: transfer.size - present))
      try disk { () throws(Errno) in try file.writeAll(first) }
      present += UInt64(first.count)
      let unsynced = try receiveRest(into: file, &present)
      return try finish(file, unsynced: unsynced)
    } catch {
      return .interrupted(reason: error.reason, bytes: present)
    }
  }

  /// Returns how many bytes are not synced yet.
  private func receiveRest(
    into file: borrowing FileDescriptor, _ present: inout UInt64
  ) throws(Interruption) -> UInt64 {
    let buffer = ReadBuffer()
    var progress = ProgressCheck(stallTimeout)
    var synced = present
    var cutAt: UInt64?
    while present < transfer.size {
      // What has arrived is stored, up to a bound: an upload that resumes need not send it again.
      if socket.isCut, cutAt == nil { cutAt = present }
      if let cutAt, present - cutAt >= Self.storedAfterCutMax { throw .cut }
      var failure: Errno?
      let upTo = Int(clamping: min(UInt64(ReadBuffer.size), transfer.size - present))
      var left = Int(clamping: transfer.size - present)
      let result = socket.receive(into: buffer, upTo: upTo) { bytes in
        // A TLS record may hold more than the file's end.
        let kept = bytes.extracting(first: left)
        left -= kept.count
        do throws(Errno) { try file.writeAll(kept) } catch { failure = error }
      }
      if let failure { throw .disk(failure) }
      switch result {
      case .bytes(let count):
        present = min(present + UInt64(count), transfer.size)
        progress.add(count)
      case .nothing:
        if cutAt != nil { throw .cut }
        if try !network({ () throws(Errno) in try socket.waitUntilReadable(progress.timeout) }) {
          try progress.check()
        }
      case .end, .truncated: throw socket.isCut ? .cut : .ended("the connection ended")
      case .lost(let errno): throw .network(errno)
      }
      try progress.check()
      if present - synced >= DiskThrottle.pieceBytes {
        do throws(Interruption) { try sync(file, bytes: present - synced) } catch .cut {}
        synced = present
      }
    }
    return present - synced
  }

  private func sync(
    _ file: borrowing FileDescriptor, bytes: UInt64, _ depth: FileDescriptor.SyncDepth = .data
  ) throws(Interruption) {
    try disk { () throws(Errno) in
      try diskThrottle.sync(
        file, bytes: bytes, depth, bytesPerSecondMax: 2 * bytesPerSecondMax, unless: socket.cancellation)
    }
  }

  /// Checks what is on the disk, with the part that came over an earlier connection.
  private func finish(_ file: borrowing FileDescriptor, unsynced: UInt64) throws(Interruption) -> TransferResult {
    try sync(file, bytes: unsynced, .everything)
    let cksum = try disk { () throws(Errno) in try folder.cksum(of: file, unless: socket.cancellation) }
    guard cksum.count == transfer.size, cksum.value == transfer.cksum else { return .wrongCksum }
    try disk { () throws(Errno) in try folder.finish(transfer.file) }
    return .done
  }

  // MARK: Down

  private func send() -> TransferResult {
    var sent: UInt64 = 0
    do throws(Interruption) {
      let file = try opened { () throws(Errno) in try folder.openWhole(transfer.file) }
      let count = transfer.size - transfer.offset
      if bytesPerSecondMax > 0 { socket.setRate(bytesPerSecondMax: bytesPerSecondMax) }
      var progress = ProgressCheck(stallTimeout)
      while sent < count {
        if socket.isCut { throw .cut }
        let piece = Int(clamping: min(UInt64(Self.pieceBytes), count - sent))
        let taken = try network { () throws(Errno) in
          try socket.send(from: file, at: Int64(transfer.offset + sent), upTo: piece)
        }
        if taken == 0 { throw .ended("the file has become shorter") }
        if let taken {
          sent += UInt64(taken)
          progress.add(taken)
        } else {
          _ = try network { () throws(Errno) in try socket.waitUntilWritable(progress.timeout) }
        }
        try progress.check()
      }
      return .done
    } catch {
      return .interrupted(reason: error.reason, bytes: sent)
    }
  }

  // MARK: Errors

  private func opened(_ body: () throws(Errno) -> FileDescriptor) throws(Interruption) -> FileDescriptor {
    do throws(Errno) { return try body() } catch { throw .disk(error) }
  }

  private func disk<Value>(_ body: () throws(Errno) -> Value) throws(Interruption) -> Value {
    do throws(Errno) { return try body() } catch { throw error == .canceled ? .cut : .disk(error) }
  }

  private func network<Value>(_ body: () throws(Errno) -> Value) throws(Interruption) -> Value {
    do throws(Errno) { return try body() } catch { throw socket.isCut ? .cut : .network(error) }
  }
}

/// Why a transfer was interrupted.
private enum Interruption: Error {
  case cut
  case stalled
  case ended(String)
  case network(Errno)
  case disk(Errno)

  var reason: String {
    switch self {
    case .cut: "the server ended it"
    case .stalled: "too little came for too long"
    case .ended(let reason): reason
    case .network(let errno): "the connection was lost: \(errno)"
    case .disk(let errno): "the server's disk: \(errno)"
    }
  }
}

/// Whether enough moves: a minimum in each span of time, so that a client cannot keep a place with a byte now and then.
private struct ProgressCheck {
  private static let bytesMin = 16 << 10

  private let span: Duration
  private var began = Instant.now
  private var bytes = 0

  init(_ span: Duration) { self.span = span }

  /// Until the span is over.
  var timeout: Duration { max(.milliseconds(1), began + span - .now) }

  mutating func add(_ count: Int) { bytes += count }

  mutating func check() throws(Interruption) {
    let now = Instant.now
    guard now >= began + span else { return }
    if bytes < ProgressCheck.bytesMin { throw .stalled }
    bytes = 0
    began = now
  }
}

/// Gives one upload at a time the disk, for a small piece that is synced at once. Then the disk is free for as long again, or for longer
/// where uploads may have only so many bytes in a second.
///
/// A sync of the journal waits until the disk has all that it was given by anyone, and chat may wait for that sync.
final class DiskThrottle: Sendable {
  /// What an upload writes in its turn.
  static let pieceBytes: UInt64 = 256 << 10
  /// A disk that is slow for another reason is not slowed down without a bound.
  private static let pauseMax = Duration.milliseconds(100)

  /// From when on the next upload may sync. Locked during a sync.
  private let free = Mutex(Instant.distantPast)

  /// Syncs so many bytes in their turn. Throws `.canceled` where the upload is cut before. `bytesPerSecondMax`: of all
  /// uploads, 0 means no bound.
  func sync(
    _ file: borrowing FileDescriptor, bytes: UInt64, _ depth: FileDescriptor.SyncDepth = .data, bytesPerSecondMax: Int,
    unless cancellation: Cancellation
  ) throws(Errno) {
    let bytesTime =
      bytesPerSecondMax > 0
      ? Duration.microseconds(Int64(clamping: bytes) * 1_000_000 / Int64(bytesPerSecondMax)) : .zero
    while true {
      try cancellation.check()
      let turn: (waitUntil: Instant?, failure: Errno?) = free.withLock { free in
        let start = Instant.now
        if start < free { return (free, nil) }
        var failure: Errno?
        do throws(Errno) { try file.sync(depth) } catch { failure = error }
        let end = Instant.now
        free = max(start + bytesTime, end + min(end - start, DiskThrottle.pauseMax))
        return (nil, failure)
      }
      if let failure = turn.failure { throw failure }
      guard let waitUntil = turn.waitUntil else { return }
      try cancellation.pause(untilNanoseconds: waitUntil.nanoseconds)
    }
  }
}
