import ChatProtocol
import POSIX

/// Runs the work on files, each on a thread of its own.
final class TransferRunner {
  /// How often the screen shows progress.
  static let refreshMilliseconds: Int64 = 250

  private struct Work {
    let progress: FileProgress
    let name: String
    let isSending: Bool
    let size: UInt64
    let first: UInt64
    var rate: TransferRate
  }

  private let endpoint: ServerEndpoint
  private let inbox: Inbox<ClientInput>
  private var works: [Int: Work] = [:]

  init(_ endpoint: ServerEndpoint) throws(Errno) {
    self.endpoint = endpoint
    inbox = try Inbox()
  }

  /// Readable when `takeInputs` returns something.
  var rawValue: CInt { inbox.rawValue }
  var isIdle: Bool { works.isEmpty }

  /// `measured` and `transferEnded`, for the session.
  func takeInputs() -> [ClientInput] {
    let inputs = inbox.takeAll()
    for case .transferEnded(let number, _, _) in inputs { works[number] = nil }
    for case .measured(let number, _, _, _) in inputs { works[number] = nil }
    return inputs
  }

  func stopAll() { for work in works.values { work.progress.stop() } }

  func measure(_ number: Int, _ path: String) {
    let path = PathNames.resolved(path)
    run(number, File.name(of: path), isSending: true, size: 0, from: 0) { worker throws(TransferError) in
      let (size, cksum) = try worker.measure(path)
      return .measured(number, path: path, size: size, cksum: cksum)
    }
  }

  func upload(_ number: Int, _ path: String, ticket: Secret, offset: UInt64, size: UInt64) {
    run(number, File.name(of: path), isSending: true, size: size, from: offset) { worker throws(TransferError) in
      try worker.upload(path, ticket: ticket, from: offset, size: size)
      return .transferEnded(number, .done(path: nil), moved: size - offset)
    }
  }

  /// If a part of the file is already here, returns its size and starts nothing.
  func download(_ number: Int, _ file: FetchedFile, destination: String?) -> UInt64? {
    guard destination?.unicodeScalars.contains("\u{FFFD}") != true else {
      fail(number, "\(file.name): the path is not UTF-8; /get \(file.id) with another one")
      return nil
    }
    let target = DownloadTarget(file.name, id: file.id, destination: destination.map(PathNames.resolved))
    do throws(Errno) {
      let part = try PartialFile.claim(target)
      let offset = try part.offset(of: file.size)
      guard offset == file.offset else { return offset }
      run(number, file.name, isSending: false, size: file.size, from: offset) { worker throws(TransferError) in
        .transferEnded(
          number, .done(path: try worker.download(file, into: part, for: target)), moved: file.size - offset)
      }
    } catch .noSuchFileOrDirectory {
      fail(number, "there is no folder \(target.folder); create it first")
    } catch {
      fail(number, "\(target.path(1)): \(error)")
    }
    return nil
  }

  private func fail(_ number: Int, _ reason: String) {
    inbox.post(.transferEnded(number, .failed(.local(reason))))
  }

  /// The progress of all files, in the order in which they started.
  func progress() -> [TransferProgress] {
    let nowNanoseconds = SystemClock.monotonicNanoseconds
    return works.keys.sorted().map { number in
      var work = works[number]!
      defer { works[number] = work }
      let state: TransferProgress.State
      if work.size > 0 {
        let done = max(work.first, work.progress.done)
        let rate = work.rate.bytesPerSecond(done: done, at: nowNanoseconds)
        state = .moving(done: done, size: work.size, bytesPerSecond: rate)
      } else {
        state = .reading(done: work.progress.done, size: work.progress.size)
      }
      return TransferProgress(name: work.name, isSending: work.isSending, state: state)
    }
  }

  private func run(
    _ number: Int, _ name: String, isSending: Bool, size: UInt64, from first: UInt64,
    _ body: @escaping @Sendable (TransferWorker) throws(TransferError) -> ClientInput
  ) {
    let progress = FileProgress()
    let worker = TransferWorker(endpoint: endpoint, progress: progress)
    works[number] = Work(
      progress: progress, name: name, isSending: isSending, size: size, first: first,
      rate: TransferRate(from: first, at: SystemClock.monotonicNanoseconds))
    let inbox = inbox
    let thread = try? HelperThread {
      do throws(TransferError) {
        inbox.post(try body(worker))
      } catch {
        let done = progress.done
        inbox.post(.transferEnded(number, .failed(error), moved: done > first ? done - first : 0))
      }
    }
    if thread == nil { fail(number, "the system allows no more threads") }
  }
}

/// The speed over the last few seconds, so that a stalled transfer shows as that.
struct TransferRate {
  private static let windowNanoseconds: Int64 = 4_000_000_000
  private static let spacingNanoseconds: Int64 = 500_000_000

  /// The first is the last sample before the window, if there is one.
  private var samples: [(timeNanoseconds: Int64, done: UInt64)]

  /// `nowNanoseconds` is the time of a monotonic clock.
  init(from done: UInt64, at nowNanoseconds: Int64) { samples = [(nowNanoseconds, done)] }

  mutating func bytesPerSecond(done: UInt64, at nowNanoseconds: Int64) -> UInt64 {
    if nowNanoseconds - samples[samples.count - 1].timeNanoseconds >= Self.spacingNanoseconds {
      samples.append((nowNanoseconds, done))
    }
    while samples.count > 1, nowNanoseconds - samples[1].timeNanoseconds >= Self.windowNanoseconds {
      samples.removeFirst()
    }
    let elapsedMilliseconds = max(1, (nowNanoseconds - samples[0].timeNanoseconds) / 1_000_000)
    return (done - min(done, samples[0].done)) * 1000 / UInt64(elapsedMilliseconds)
  }
}
