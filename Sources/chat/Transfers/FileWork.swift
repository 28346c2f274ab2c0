import ChatProtocol
import POSIX
import Synchronization
import Text

/// What somebody waits for while it is done on a thread of its own, and may stop.
final class FileProgress: Sendable {
  private let bytes = Atomic<UInt64>(0)
  private let whole = Atomic<UInt64>(0)
  private let stopped = Atomic<Bool>(false)

  /// How far it is: bytes of the whole file.
  var done: UInt64 {
    get { bytes.load(ordering: .relaxed) }
    set { bytes.store(newValue, ordering: .relaxed) }
  }

  /// Of how many bytes, where that turns out on the way; 0 until then.
  var size: UInt64 {
    get { whole.load(ordering: .relaxed) }
    set { whole.store(newValue, ordering: .relaxed) }
  }

  var isStopped: Bool { stopped.load(ordering: .relaxed) }
  func stop() { stopped.store(true, ordering: .relaxed) }
}

/// The work of a transfer: blocks, on a thread of its own.
struct FileWork: Sendable {
  private static let pieceBytes = 256 << 10

  let host: String
  let port: UInt16
  let progress: FileProgress

  // MARK: Sending

  /// What `/offer` takes.
  func measure(_ path: String) throws(TransferError) -> (size: UInt64, cksum: UInt32) {
    // Whatever is no file is not waited for.
    let file = try open(path, [.readOnly, .nonBlocking])
    let status: FileStatus
    do throws(Errno) { status = try file.status() } catch { throw .local("\(path): \(error)") }
    guard !status.isDirectory else { throw .local("\(path) is a folder; /send takes files") }
    guard status.isRegular else { throw .local("\(path) is no file that could be sent") }
    progress.size = UInt64(max(0, status.size))
    let cksum = try cksum(of: file, path) { progress.done = $0 }
    return (cksum.count, cksum.value)
  }

  func upload(_ path: String, ticket: Secret, from offset: UInt64, size: UInt64) throws(TransferError) {
    let file = try open(path, .readOnly)
    var socket = try TransferSocket(host: host, port: port, isStopped: { [progress] in progress.isStopped })
    var isHeard = try socket.send(Array("/put \(ticket.exposed)\n".utf8))
    var place = offset
    progress.done = place
    while place < size, isHeard {
      if progress.isStopped { throw .stopped }
      let count = min(FileWork.pieceBytes, Int(size - place))
      let bytes: [UInt8]
      do throws(Errno) {
        bytes = try file.pread(upTo: count, at: Int64(place))
      } catch {
        throw .local("\(path): \(error)")
      }
      guard !bytes.isEmpty else { throw .changed }
      isHeard = try socket.send(bytes)
      place += UInt64(bytes.count)
      progress.done = place
    }
    try socket.readAnswer()
  }

  // MARK: Fetching

  /// Into the part, behind what it has already, and that whole under its name, which nothing has yet. The path it got.
  func download(_ file: FetchedFile, into part: FilePart, for place: FilePlace) throws(TransferError) -> String {
    var socket = try TransferSocket(host: host, port: port, isStopped: { [progress] in progress.isStopped })
    _ = try socket.send(Array("/take \(file.ticket.exposed)\n".utf8))
    try socket.readAnswer()
    var count = file.offset
    try local(part.path) { () throws(Errno) in try part.descriptor.truncate(to: Int64(count)) }
    try append(to: part, &count, file, &socket, place)
    guard count == file.size else { throw .brokenOff("the server closed the connection") }
    guard try cksum(of: part.descriptor, part.path).value == file.cksum else {
      try? File.unlink(part.path)
      throw .local("what came of \(file.name) is not what was shared; it was thrown away, /get it again")
    }
    try local(part.path) { () throws(Errno) in try part.descriptor.sync() }
    return try finish(part, place)
  }

  private func append(
    to part: FilePart, _ count: inout UInt64, _ file: FetchedFile, _ socket: inout TransferSocket, _ place: FilePlace
  ) throws(TransferError) {
    while count < file.size {
      if progress.isStopped { throw .stopped }
      progress.done = count
      let bytes = try socket.read()
      if bytes.isEmpty { return }
      do throws(Errno) {
        try part.descriptor.writeAll(bytes.prefix(Int(clamping: file.size - count)))
      } catch {
        // Half a file of which nobody knows helps nobody.
        try? File.unlink(part.path)
        guard error == .noSpace || error == .quotaExceeded else { throw .local("\(part.path): \(error)") }
        throw .local(
          "\(file.name) needs \(ByteCount.words(file.size)), more than there is room for in \(place.folderInWords) (\(error))"
        )
      }
      count += UInt64(bytes.count)
    }
    progress.done = file.size
  }

  private func finish(_ part: FilePart, _ place: FilePlace) throws(TransferError) -> String {
    for number in 1...1000 {
      let path = place.path(number)
      do throws(Errno) {
        try File.renameWithoutReplacing(part.path, to: path)
        return path
      } catch .fileExists {
        continue
      } catch {
        throw .local("\(path): \(error); the file is in \(part.path)")
      }
    }
    throw .local("every name like \(place.path(1)) is taken; the file is in \(part.path)")
  }

  private func local(_ path: String, _ body: () throws(Errno) -> Void) throws(TransferError) {
    do throws(Errno) { try body() } catch { throw .local("\(path): \(error)") }
  }

  // MARK: Pieces

  /// `noting` is told how many bytes it has.
  private func cksum(
    of file: borrowing FileDescriptor, _ path: String, noting: (UInt64) -> Void = { _ in }
  ) throws(TransferError) -> Cksum {
    var cksum = Cksum()
    while true {
      if progress.isStopped { throw .stopped }
      let bytes: [UInt8]
      do throws(Errno) {
        bytes = try file.pread(upTo: FileWork.pieceBytes, at: Int64(cksum.count))
      } catch {
        throw .local("\(path): \(error)")
      }
      if bytes.isEmpty { return cksum }
      cksum.append(bytes.span)
      noting(cksum.count)
    }
  }

  private func open(_ path: String, _ flags: OpenFlags) throws(TransferError) -> FileDescriptor {
    do throws(Errno) {
      return try File.open(PathNames.bytes(of: path), flags)
    } catch {
      throw .local("\(path): \(error)")
    }
  }
}
