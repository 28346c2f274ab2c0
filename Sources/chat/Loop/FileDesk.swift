import ChatProtocol
import POSIX

/// The work on files, each on a thread of its own.
final class FileDesk {
  enum Message: Sendable {
    case measured(Int, size: UInt64, cksum: UInt32)
    /// `moved`: bytes that went over this connection.
    case ended(Int, TransferEnd, moved: UInt64)
  }

  /// What is shown is not older than that.
  static let refresh_ms: Int64 = 250

  private struct Work {
    let progress: FileProgress
    let name: String
    let isSending: Bool
    let size: UInt64
    let begun_ns: Int64
    let first: UInt64
  }

  private let host: String
  private let port: UInt16
  private let inbox: Inbox<Message>
  private var works: [Int: Work] = [:]

  init(host: String, port: UInt16) throws(Errno) {
    self.host = host
    self.port = port
    inbox = try Inbox()
  }

  /// Readable when something has come about.
  var rawValue: CInt { inbox.rawValue }
  var isIdle: Bool { works.isEmpty }

  func takeMessages() -> [Message] {
    let messages = inbox.takeAll()
    for case .ended(let number, _, _) in messages { works[number] = nil }
    for case .measured(let number, _, _) in messages { works[number] = nil }
    return messages
  }

  func stopAll() { for work in works.values { work.progress.stop() } }

  func measure(_ number: Int, _ path: String) {
    let path = PathNames.expanded(path)
    run(number, ClientSession.lastComponent(of: path), isSending: true, size: 0, from: 0) {
      work throws(TransferFailure) in
      let (size, cksum) = try work.measure(path)
      return .measured(number, size: size, cksum: cksum)
    }
  }

  func upload(_ number: Int, _ path: String, ticket: Secret, offset: UInt64, size: UInt64) {
    let path = PathNames.expanded(path)
    run(number, ClientSession.lastComponent(of: path), isSending: true, size: size, from: offset) {
      work throws(TransferFailure) in
      try work.upload(path, ticket: ticket, from: offset, size: size)
      return .ended(number, .done(path: nil), moved: size - offset)
    }
  }

  /// Where a part of the file is here already, how much; then nothing is begun.
  func download(_ number: Int, _ file: FetchedFile, wish: String?) -> UInt64? {
    let place = FilePlace(file.name, id: file.id, wish: wish.map(PathNames.expanded))
    do throws(Errno) {
      let part = try FilePart.claim(place)
      let offset = try part.offset(of: file.size)
      guard offset == file.offset else { return offset }
      run(number, file.name, isSending: false, size: file.size, from: offset) { work throws(TransferFailure) in
        .ended(number, .done(path: try work.download(file, into: part, for: place)), moved: file.size - offset)
      }
    } catch {
      inbox.post(.ended(number, .failed(.local("\(place.path(1)): \(error)")), moved: 0))
    }
    return nil
  }

  /// How far all of them are, in the order in which they were begun.
  func progress() -> [TransferProgress] {
    let now_ns = SystemClock.monotonic_ns
    return works.sorted { $0.key < $1.key }.map { _, work in
      guard work.size > 0 else { return TransferProgress(name: work.name, isSending: work.isSending, state: .reading) }
      let done = max(work.first, work.progress.done)
      let elapsed_ms = max(1, (now_ns - work.begun_ns) / 1_000_000)
      let rate = (done - work.first) * 1000 / UInt64(elapsed_ms)
      return TransferProgress(
        name: work.name, isSending: work.isSending, state: .moving(done: done, size: work.size, bytesPerSecond: rate))
    }
  }

  private func run(
    _ number: Int, _ name: String, isSending: Bool, size: UInt64, from first: UInt64,
    _ body: @escaping @Sendable (FileWork) throws(TransferFailure) -> Message
  ) {
    let progress = FileProgress()
    let work = FileWork(host: host, port: port, progress: progress)
    works[number] = Work(
      progress: progress, name: name, isSending: isSending, size: size, begun_ns: SystemClock.monotonic_ns, first: first
    )
    let inbox = inbox
    let thread = try? HelperThread {
      do throws(TransferFailure) {
        inbox.post(try body(work))
      } catch {
        let done = progress.done
        inbox.post(.ended(number, .failed(error), moved: done > first ? done - first : 0))
      }
    }
    if thread == nil { inbox.post(.ended(number, .failed(.local("no thread could be had for it")), moved: 0)) }
  }
}
