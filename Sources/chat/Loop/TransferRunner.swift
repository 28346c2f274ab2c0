import ChatProtocol
import POSIX

/// The work on files, each on a thread of its own.
final class TransferRunner {
  enum Message: Sendable {
    /// `path`: the file that was meant.
    case measured(Int, path: String, size: UInt64, cksum: UInt32)
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
    let first: UInt64
    var rate: TransferRate
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
    for case .measured(let number, _, _, _) in messages { works[number] = nil }
    return messages
  }

  func stopAll() { for work in works.values { work.progress.stop() } }

  func measure(_ number: Int, _ path: String) {
    let path = PathNames.meant(by: path)
    run(number, ClientSession.lastComponent(of: path), isSending: true, size: 0, from: 0) {
      work throws(TransferError) in
      let (size, cksum) = try work.measure(path)
      return .measured(number, path: path, size: size, cksum: cksum)
    }
  }

  func upload(_ number: Int, _ path: String, ticket: Secret, offset: UInt64, size: UInt64) {
    run(number, ClientSession.lastComponent(of: path), isSending: true, size: size, from: offset) {
      work throws(TransferError) in
      try work.upload(path, ticket: ticket, from: offset, size: size)
      return .ended(number, .done(path: nil), moved: size - offset)
    }
  }

  /// Where a part of the file is here already, how much; then nothing is begun.
  func download(_ number: Int, _ file: FetchedFile, wish: String?) -> UInt64? {
    guard wish?.unicodeScalars.contains("\u{FFFD}") != true else {
      let reason = "\(file.name): the path is not UTF-8; /get \(file.id) with another one"
      inbox.post(.ended(number, .failed(.local(reason)), moved: 0))
      return nil
    }
    let place = FilePlace(file.name, id: file.id, wish: wish.map(PathNames.meant(by:)))
    do throws(Errno) {
      let part = try FilePart.claim(place)
      let offset = try part.offset(of: file.size)
      guard offset == file.offset else { return offset }
      run(number, file.name, isSending: false, size: file.size, from: offset) { work throws(TransferError) in
        .ended(number, .done(path: try work.download(file, into: part, for: place)), moved: file.size - offset)
      }
    } catch {
      let isFolderMissing = error == .noSuchFileOrDirectory
      let reason = isFolderMissing ? "there is no folder \(place.folder); make it first" : "\(place.path(1)): \(error)"
      inbox.post(.ended(number, .failed(.local(reason)), moved: 0))
    }
    return nil
  }

  /// How far all of them are, in the order in which they were begun.
  func progress() -> [TransferProgress] {
    let now_ns = SystemClock.monotonic_ns
    return works.keys.sorted().map { number in
      var work = works[number]!
      defer { works[number] = work }
      let state: TransferProgress.State
      if work.size > 0 {
        let done = max(work.first, work.progress.done)
        let rate = work.rate.bytesPerSecond(done: done, at: now_ns)
        state = .moving(done: done, size: work.size, bytesPerSecond: rate)
      } else {
        state = .reading(done: work.progress.done, size: work.progress.size)
      }
      return TransferProgress(name: work.name, isSending: work.isSending, state: state)
    }
  }

  private func run(
    _ number: Int, _ name: String, isSending: Bool, size: UInt64, from first: UInt64,
    _ body: @escaping @Sendable (FileWork) throws(TransferError) -> Message
  ) {
    let progress = FileProgress()
    let work = FileWork(host: host, port: port, progress: progress)
    works[number] = Work(
      progress: progress, name: name, isSending: isSending, size: size, first: first,
      rate: TransferRate(from: first, at: SystemClock.monotonic_ns))
    let inbox = inbox
    let thread = try? HelperThread {
      do throws(TransferError) {
        inbox.post(try body(work))
      } catch {
        let done = progress.done
        inbox.post(.ended(number, .failed(error), moved: done > first ? done - first : 0))
      }
    }
    if thread == nil { inbox.post(.ended(number, .failed(.local("no thread could be had for it")), moved: 0)) }
  }
}
