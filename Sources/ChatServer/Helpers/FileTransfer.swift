import ChatCore
import ChatProtocol
import ChatStore
import POSIX
import Synchronization

/// The bytes of one file over one connection, on a thread of their own: a loop that waits, copies a bounded piece, and waits again.
struct FileTransfer: Sendable {
  let transfer: Transfer
  let folder: FilesFolder
  let socket: TransferSocket
  /// Of an upload: what came with its first line.
  let firstBytes: [UInt8]
  let stall_ms: Int64
  let pace: DiskThrottle
  /// Of a download; all uploads together may have twice that. 0 means no bound.
  ///
  /// A machine that sends and writes as fast as it can is busy with that for milliseconds on end in the kernel, where nobody comes
  /// first, however low the thread's priority is; chat beside it took five to ten times as long.
  let bytesPerSecondMax: Int

  /// What one takes of memory: its buffer, the piece of which the cksum is taken, a stack.
  static let memory_max = 640 << 10
  /// What sendfile(2) is asked for at a time.
  private static let pieceBytes = 64 << 10

  func run() -> TransferResult {
    switch transfer.direction {
    case .up: receive()
    case .down: send()
    }
  }

  /// What is still taken of an upload that is cut.
  private static let keptAfterCut_max: UInt64 = 1 << 20

  // MARK: Up

  private func receive() -> TransferResult {
    var present = transfer.offset
    do throws(Interruption) {
      let file = try opened { () throws(Errno) in try folder.openPart(transfer.file) }
      guard try disk({ () throws(Errno) in try file.size() }) == Int64(transfer.offset) else {
        throw .ended("what is here already does not end where this begins")
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

  /// How many of the bytes are not on the disk yet.
  private func receiveRest(
    into file: borrowing FileDescriptor, _ present: inout UInt64
  ) throws(Interruption) -> UInt64 {
    let buffer = ReadBuffer()
    var progress = Progress(stall_ms: stall_ms)
    var synced = present
    var cutAt: UInt64?
    while present < transfer.size {
      // What has arrived is worth keeping, up to a bound: whoever offers the file again need not send it once more.
      if socket.isCut, cutAt == nil { cutAt = present }
      if let cutAt, present - cutAt >= Self.keptAfterCut_max { throw .cut }
      var failure: Errno?
      let upTo = Int(clamping: min(UInt64(ReadBuffer.size), transfer.size - present))
      let result = buffer.receive(from: socket.descriptor, upTo: upTo) { bytes in
        do throws(Errno) { try file.writeAll(bytes) } catch { failure = error }
      }
      if let failure { throw .disk(failure) }
      switch result {
      case .bytes(let count):
        present += UInt64(count)
        progress.add(count)
      case .nothing:
        if cutAt != nil { throw .cut }
        if try !network({ () throws(Errno) in
          try socket.descriptor.waitUntilReadable(timeout_ms: progress.timeout_ms)
        }) {
          try progress.check()
        }
      case .end: throw socket.isCut ? .cut : .ended("the connection ended")
      case .lost(let errno): throw .network(errno)
      }
      try progress.check()
      if present - synced >= DiskThrottle.pieceBytes {
        do throws(Interruption) { try giveToDisk(file, bytes: present - synced) } catch .cut {}
        synced = present
      }
    }
    return present - synced
  }

  private func giveToDisk(
    _ file: borrowing FileDescriptor, bytes: UInt64, _ depth: FileDescriptor.SyncDepth = .data
  ) throws(Interruption) {
    try disk { () throws(Errno) in
      try pace.sync(
        file, bytes: bytes, depth, bytesPerSecondMax: 2 * bytesPerSecondMax, unless: socket.cancellation)
    }
  }

  /// What stands on the disk is what is looked at: also the part that came over an earlier connection.
  private func finish(_ file: borrowing FileDescriptor, unsynced: UInt64) throws(Interruption) -> TransferResult {
    try giveToDisk(file, bytes: unsynced, .everything)
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
      // It works as well without, only less politely.
      if bytesPerSecondMax > 0 {
        do throws(Errno) { try socket.descriptor.setPace(bytesPerSecondMax: bytesPerSecondMax) } catch {}
      }
      var progress = Progress(stall_ms: stall_ms)
      while sent < count {
        if socket.isCut { throw .cut }
        let piece = Int(clamping: min(UInt64(Self.pieceBytes), count - sent))
        let taken = try network { () throws(Errno) in
          try socket.descriptor.send(from: file, at: Int64(transfer.offset + sent), upTo: piece)
        }
        if taken == 0 { throw .ended("the file has become shorter") }
        if let taken {
          sent += UInt64(taken)
          progress.add(taken)
        } else {
          _ = try network { () throws(Errno) in
            try socket.descriptor.waitUntilWritable(timeout_ms: progress.timeout_ms)
          }
        }
        try progress.check()
      }
      return .done
    } catch {
      return .interrupted(reason: error.reason, bytes: sent)
    }
  }

  // MARK: What goes wrong

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

/// Why a transfer did not come to its end.
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

/// Whether enough goes: in each span of time so many bytes, so that nobody keeps a place by sending one now and then.
private struct Progress {
  static let bytesMin = 16 << 10

  let stall_ms: Int64
  private var began_ms = Progress.now_ms
  private var bytes = 0

  init(stall_ms: Int64) { self.stall_ms = stall_ms }

  private static var now_ms: Int64 { SystemClock.monotonic_ns / 1_000_000 }

  /// Until the span is over.
  var timeout_ms: Int32 { Int32(clamping: max(1, began_ms + stall_ms - Progress.now_ms)) }

  mutating func add(_ count: Int) { bytes += count }

  mutating func check() throws(Interruption) {
    let now_ms = Progress.now_ms
    guard now_ms >= began_ms + stall_ms else { return }
    if bytes < Progress.bytesMin { throw .stalled }
    bytes = 0
    began_ms = now_ms
  }
}

/// A transfer's own descriptor for its connection, whose other one stays with the loop.
final class TransferSocket: Sendable {
  let descriptor: FileDescriptor
  private let direction: Transfer.Direction
  let cancellation = Cancellation()

  init(_ descriptor: consuming FileDescriptor, _ direction: Transfer.Direction) {
    self.descriptor = descriptor
    self.direction = direction
  }

  var isCut: Bool { cancellation.isCancelled }

  /// Wakes the thread. Who sends can still be answered.
  func cut() {
    cancellation.cancel()
    do throws(Errno) {
      switch direction {
      case .up: try descriptor.shutdownRead()
      case .down: try descriptor.shutdownBoth()
      }
    } catch {
      // The connection is gone already, and the thread has noticed.
    }
  }
}

/// Lets one upload at a time have the disk, for a small piece that is synced at once, and leaves it to everybody else for as long again,
/// or for longer where they may have only so many bytes in a second.
///
/// A sync of the journal waits until the disk has all that it was given by anybody, and what people say waits for that.
final class DiskThrottle: Sendable {
  /// What an upload gives the disk in its turn.
  static let pieceBytes: UInt64 = 256 << 10
  /// A disk that is slow for another reason is not made slower without an end.
  private static let pauseMax_ns: Int64 = 100_000_000

  /// From when on the disk may be had again, monotonic. Locked while somebody has it.
  private let due_ns = Mutex<Int64>(0)

  /// Syncs so many bytes in their turn; throws `.canceled` where the upload is cut before that has come. `bytesPerSecondMax`: of all
  /// uploads, 0 means no bound.
  func sync(
    _ file: borrowing FileDescriptor, bytes: UInt64, _ depth: FileDescriptor.SyncDepth = .data, bytesPerSecondMax: Int,
    unless cancellation: Cancellation
  ) throws(Errno) {
    let bytesTime_ns =
      bytesPerSecondMax > 0 ? Int64(clamping: bytes) * 1_000_000_000 / Int64(bytesPerSecondMax) : 0
    while true {
      try cancellation.check()
      let turn: (waitUntil_ns: Int64?, failure: Errno?) = due_ns.withLock { due_ns in
        let start_ns = SystemClock.monotonic_ns
        if start_ns < due_ns { return (due_ns, nil) }
        var failure: Errno?
        do throws(Errno) { try file.sync(depth) } catch { failure = error }
        let end_ns = SystemClock.monotonic_ns
        due_ns = max(start_ns + bytesTime_ns, end_ns + min(end_ns - start_ns, DiskThrottle.pauseMax_ns))
        return (nil, failure)
      }
      if let failure = turn.failure { throw failure }
      guard let waitUntil_ns = turn.waitUntil_ns else { return }
      try cancellation.pause(until_ns: waitUntil_ns)
    }
  }
}
