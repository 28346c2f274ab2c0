import JSON
import POSIX
import Synchronization

/// Four who share files one after the other, and four who fetch one, without a pause. They take next to no processor from the
/// load beside them: what goes up is sent by the kernel from a file of zeros, and what comes down is thrown away there.
final class TransferLoad {
  struct Count: Sendable {
    var up: UInt64 = 0
    var down: UInt64 = 0

    static func - (later: Count, earlier: Count) -> Count {
      Count(up: later.up - earlier.up, down: later.down - earlier.down)
    }
  }

  private static let each = 4
  /// What is sent at a time, the same again and again: of a file as large as what is shared the kernel would read ahead, for
  /// milliseconds in which it leaves a core to nobody.
  private static let pieceBytes: Int64 = 64 << 10

  private var threads: [BackgroundThread<Void>] = []
  private let count = Shared(Count())
  /// Each waits until this is signalled.
  private let mayBegin = Semaphore()

  /// Somebody shares a file of so many bytes, and all eight come in.
  init(_ server: ServerProcess, size: UInt64) throws(BenchError) {
    let bytes = "\(server.folder)/zeros"
    do throws(Errno) {
      try File.open(bytes, [.writeOnly, .create, .exclusive]).truncate(to: TransferLoad.pieceBytes)
    } catch {
      throw .file(bytes, error)
    }
    let sharer = try TransferLoad.visitor(server.target, "/register sharer correct-horse")
    let shared = try TransferLoad.share(server.target, sharer, "zeros", size, bytes) { _ in false }
    _ = try TransferLoad.visitor(server.target, "/register fetcher correct-horse")
    let (target, mayBegin, isReady, count) = (server.target, mayBegin, Semaphore(), count)
    for number in 0..<TransferLoad.each {
      threads.append(
        try BackgroundThread(onlyWhereIdle: true) { (isOver) throws(BenchError) in
          let person = try TransferLoad.visitor(target, "/login sharer correct-horse", isReady)
          mayBegin.wait()
          while !isOver() {
            let file = try TransferLoad.share(target, person, "zeros\(number)", size, bytes) { bytes in
              count.value.withLock { $0.up += bytes }
              return isOver()
            }
            if file == 0 { break }
            _ = try person.ask("/unsend \(file)")
          }
        })
      threads.append(
        try BackgroundThread(onlyWhereIdle: true) { (isOver) throws(BenchError) in
          let person = try TransferLoad.visitor(target, "/login fetcher correct-horse", isReady)
          mayBegin.wait()
          while !isOver() {
            try TransferLoad.fetch(target, person, shared) { bytes in
              count.value.withLock { $0.down += bytes }
              return isOver()
            }
          }
        })
    }
    for _ in threads { isReady.wait() }
  }

  func begin() { for _ in threads { mayBegin.signal() } }

  /// Until now.
  var moved: Count { count.value.withLock { $0 } }

  func stop() throws(BenchError) {
    for thread in threads { thread.askToStop() }
    for thread in threads { try thread.stop() }
    threads = []
  }

  private static func visitor(
    _ target: Target, _ line: String, _ isReady: Semaphore? = nil
  ) throws(BenchError) -> RequestClient {
    defer { isReady?.signal() }
    let visitor: RequestClient
    do throws(Errno) {
      visitor = try RequestClient(target)
    } catch {
      throw .system("connect", error)
    }
    _ = try visitor.ask("/format json")
    _ = try visitor.ask(line)
    return visitor
  }

  /// The id of the file; 0 where `moved`, which is told of all bytes, said that it was over.
  private static func share(
    _ target: Target, _ person: RequestClient, _ name: String, _ size: UInt64, _ bytes: String, moved: (UInt64) -> Bool
  ) throws(BenchError) -> Int {
    let offered = try person.ask("/offer \(size) \(cksumOfZeros(count: size)) \(name)")
    guard let file = offered["id"]?.int, let ticket = offered["ticket"]?.string, let offset = offered["offset"]?.int
    else { throw .connection("who shares", "the answer lacks something") }
    let words: String
    do throws(Errno) {
      let connection = try RequestClient.connect(target)
      let zeros = try File.open(bytes)
      _ = try connection.send(Array("/put \(ticket)\n".utf8))
      var sent = UInt64(offset)
      while sent < size {
        let piece = Int(min(UInt64(TransferLoad.pieceBytes), size - sent))
        let more = UInt64(try connection.send(from: zeros, at: 0, upTo: piece) ?? 0)
        sent += more
        if moved(more) { return 0 }
      }
      try connection.shutdownWrite()
      var heard: [UInt8] = []
      while let more = try connection.receive(upTo: 4096), !more.isEmpty { heard += more }
      words = String(decoding: heard, as: UTF8.self)
    } catch {
      throw .connection("who shares", "\(error)")
    }
    guard words.contains("ok put") else { throw .refused("who shares", words) }
    return file
  }

  /// Until `moved` says that it is over.
  private static func fetch(
    _ target: Target, _ person: RequestClient, _ file: Int, moved: (UInt64) -> Bool
  ) throws(BenchError) {
    guard let ticket = try person.ask("/get \(file)")["ticket"]?.string else {
      throw .connection("who fetches", "the answer has no ticket")
    }
    do throws(Errno) {
      let connection = try RequestClient.connect(target)
      _ = try connection.send(Array("/take \(ticket)\n".utf8))
      while let more = try connection.discard(upTo: 256 << 10), more > 0, !moved(UInt64(more)) {}
    } catch {
      throw .connection("who fetches", "\(error)")
    }
  }

  /// Zeros leave nothing in the remainder: only their count does, which comes behind them.
  static func cksumOfZeros(count: UInt64) -> UInt32 {
    var remainder: UInt32 = 0
    var left = count
    while left > 0 {
      remainder ^= UInt32(left & 255) << 24
      for _ in 0..<8 { remainder = remainder << 1 ^ (remainder >> 31 == 0 ? 0 : 0x04C1_1DB7) }
      left >>= 8
    }
    return ~remainder
  }
}

/// One client that waits for the answer to what it says.
final class RequestClient {
  private let descriptor: FileDescriptor
  private let poller: Poller
  private var said = 0

  init(_ target: Target) throws(Errno) {
    descriptor = try RequestClient.connect(target)
    poller = try Poller(events_max: 1)
  }

  static func connect(_ target: Target) throws(Errno) -> FileDescriptor {
    do throws(SocketError) {
      return try Socket.connect(host: target.host, port: target.port)
    } catch {
      throw error.errno ?? .notConnected
    }
  }

  /// Sends lines and waits until they have been answered; gives what came until then.
  @discardableResult
  func say(_ lines: String) throws(Errno) -> [UInt8] {
    said += 1
    _ = try descriptor.send(Array("\(lines)/ping said-\(said)\n".utf8))
    // What others do may be told behind it.
    let (text, json) = (Array("ok ping said-\(said)\n".utf8), Array("\"token\":\"said-\(said)\"".utf8))
    var heard: [UInt8] = []
    while heard.firstRange(of: text) == nil, heard.firstRange(of: json) == nil {
      guard let more = try descriptor.receive(upTo: 65536), !more.isEmpty else { throw .connectionReset }
      heard += more
    }
    return heard
  }

  /// Says one thing in the json dialect: what was answered. An error is the end.
  func ask(_ line: String) throws(BenchError) -> JSONValue {
    let heard: [UInt8]
    do throws(Errno) { heard = try say("\(line)\n") } catch { throw .connection("a visitor", "\(error)") }
    for line in heard.split(separator: UInt8(ascii: "\n")) {
      guard let event = try? JSONValue(parsing: Array(line)) else { continue }
      switch event["event"]?.string {
      case "ok": return event
      case "error": throw .refused("a visitor", event["message"]?.string ?? "")
      default: continue
      }
    }
    throw .connection("a visitor", "there was no answer")
  }

  /// Does nothing for so long.
  func wait(_ pause_ms: Int32) throws(Errno) {
    try poller.wait(timeout_ms: pause_ms) { _ in }
  }
}
