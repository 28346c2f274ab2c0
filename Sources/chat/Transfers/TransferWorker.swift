import ChatProtocol
import POSIX
import Synchronization
import Text

/// The progress of a transfer's thread, and the flag that stops it.
final class FileProgress: Sendable {
  private let bytes = Atomic<UInt64>(0)
  private let whole = Atomic<UInt64>(0)
  private let stopped = Atomic<Bool>(false)

  /// How many bytes of the file are done.
  var done: UInt64 {
    get { bytes.load(ordering: .relaxed) }
    set { bytes.store(newValue, ordering: .relaxed) }
  }

  /// The file's size; 0 while it is not known.
  var size: UInt64 {
    get { whole.load(ordering: .relaxed) }
    set { whole.store(newValue, ordering: .relaxed) }
  }

  var isStopped: Bool { stopped.load(ordering: .relaxed) }
  func stop() { stopped.store(true, ordering: .relaxed) }
}

/// The blocking work of a transfer, on a thread of its own.
struct TransferWorker: Sendable {
  private static let pieceBytes = 256 << 10

  let endpoint: ServerEndpoint
  let progress: FileProgress

  // MARK: Sending

  /// The size and checksum for `/offer`.
  func measure(_ path: String) throws(TransferError) -> (size: UInt64, cksum: UInt32) {
    // Non-blocking, so that a FIFO fails at once.
    let file = try open(path, [.readOnly, .nonBlocking])
    let status = try local(path) { () throws(Errno) in try file.status() }
    guard !status.isDirectory else { throw .local("\(path) is a folder; /send takes files") }
    guard status.isRegular else { throw .local("\(path) is not a regular file") }
    progress.size = UInt64(max(0, status.size))
    let cksum = try cksum(of: file, path) { progress.done = $0 }
    return (cksum.count, cksum.value)
  }

  func upload(_ path: String, ticket: Secret, from offset: UInt64, size: UInt64) throws(TransferError) {
    let file = try open(path, .readOnly)
    var socket = try TransferSocket(endpoint, isStopped: { [progress] in progress.isStopped })
    var isAccepted = try socket.send(Array("/put \(ticket.exposed)\n".utf8))
    var position = offset
    progress.done = position
    while position < size, isAccepted {
      if progress.isStopped { throw .stopped }
      let count = min(TransferWorker.pieceBytes, Int(size - position))
      let bytes = try local(path) { () throws(Errno) in try file.pread(upTo: count, at: Int64(position)) }
      guard !bytes.isEmpty else { throw .changed }
      isAccepted = try socket.send(bytes)
      position += UInt64(bytes.count)
      progress.done = position
    }
    try socket.readAnswer()
  }

  // MARK: Fetching

  /// Appends to the partial file and, once it is complete, gives it a name that no file has. Returns its path.
  func download(
    _ file: FetchedFile, into part: PartialFile, for target: DownloadTarget
  ) throws(TransferError) -> String {
    var socket = try TransferSocket(endpoint, isStopped: { [progress] in progress.isStopped })
    _ = try socket.send(Array("/take \(file.ticket.exposed)\n".utf8))
    try socket.readAnswer()
    try local(part.path) { () throws(Errno) in try part.descriptor.truncate(to: Int64(file.offset)) }
    let count = try append(to: part, file, &socket, target)
    guard count == file.size else { throw .brokenOff("the server closed the connection") }
    guard try cksum(of: part.descriptor, part.path).value == file.cksum else {
      try? File.unlink(part.path)
      throw .local("\(file.name) arrived damaged and was deleted; /get it again")
    }
    try local(part.path) { () throws(Errno) in try part.descriptor.sync() }
    return try finish(part, target)
  }

  /// Returns the size of the partial file at the end.
  private func append(
    to part: PartialFile, _ file: FetchedFile, _ socket: inout TransferSocket, _ target: DownloadTarget
  ) throws(TransferError) -> UInt64 {
    var count = file.offset
    while count < file.size {
      if progress.isStopped { throw .stopped }
      progress.done = count
      let bytes = try socket.read()
      if bytes.isEmpty { return count }
      do throws(Errno) {
        try part.descriptor.writeAll(bytes.prefix(Int(clamping: file.size - count)))
      } catch {
        // The part would be useless and fill the disk.
        try? File.unlink(part.path)
        guard error == .noSpace || error == .quotaExceeded else { throw .local("\(part.path): \(error)") }
        let size = ByteCount.words(file.size)
        throw .local("\(file.name) needs \(size), which \(target.folderInWords) has no room for (\(error))")
      }
      count += UInt64(bytes.count)
    }
    progress.done = file.size
    return count
  }

  private func finish(_ part: PartialFile, _ target: DownloadTarget) throws(TransferError) -> String {
    for number in 1...1000 {
      let path = target.path(number)
      do throws(Errno) {
        try File.renameWithoutReplacing(part.path, to: path)
        return path
      } catch .fileExists {
        continue
      } catch {
        throw .local("\(path): \(error); the file is in \(part.path)")
      }
    }
    throw .local("every name like \(target.path(1)) is taken; the file is in \(part.path)")
  }

  // MARK: Pieces

  /// `report` gets the number of bytes read so far.
  private func cksum(
    of file: borrowing FileDescriptor, _ path: String, report: (UInt64) -> Void = { _ in }
  ) throws(TransferError) -> Cksum {
    var cksum = Cksum()
    while true {
      if progress.isStopped { throw .stopped }
      let bytes: [UInt8]
      do throws(Errno) {
        bytes = try file.pread(upTo: TransferWorker.pieceBytes, at: Int64(cksum.count))
      } catch {
        throw .local("\(path): \(error)")
      }
      if bytes.isEmpty { return cksum }
      cksum.append(bytes.span)
      report(cksum.count)
    }
  }

  private func open(_ path: String, _ flags: OpenFlags) throws(TransferError) -> FileDescriptor {
    do throws(Errno) {
      return try File.open(PathNames.bytes(of: path), flags)
    } catch {
      throw .local("\(path): \(error)")
    }
  }

  /// Adds the path to a system error.
  private func local<Value>(_ path: String, _ body: () throws(Errno) -> Value) throws(TransferError) -> Value {
    do throws(Errno) { return try body() } catch { throw .local("\(path): \(error)") }
  }
}
