import JSON
import POSIX
import Synchronization

/// A client that sends requests and waits for each answer.
final class RequestClient {
  private let descriptor: FileDescriptor
  private let poller: Poller
  private var requests = 0

  init(_ target: Target) throws(Errno) {
    descriptor = try RequestClient.connect(target)
    poller = try Poller(eventsMax: 1)
  }

  static func connect(_ target: Target) throws(Errno) -> FileDescriptor {
    do throws(SocketError) {
      return try Socket.connect(host: target.host, port: target.port)
    } catch {
      throw error.errno ?? .notConnected
    }
  }

  /// Sends lines and waits until they are answered. Returns the lines received until then.
  @discardableResult
  func request(_ lines: String) throws(Errno) -> [UInt8] {
    requests += 1
    _ = try descriptor.send(Array("\(lines)/ping said-\(requests)\n".utf8))
    // News of other clients may follow.
    let (text, json) = (Array("ok ping said-\(requests)\n".utf8), Array("\"token\":\"said-\(requests)\"".utf8))
    var received: [UInt8] = []
    while received.firstRange(of: text) == nil, received.firstRange(of: json) == nil {
      guard let more = try descriptor.receive(upTo: 65536), !more.isEmpty else { throw .connectionReset }
      received += more
    }
    return received
  }

  /// The answer to one line in the json dialect. An error answer throws.
  func ask(_ line: String) throws(BenchError) -> JSONValue {
    let received: [UInt8]
    do throws(Errno) { received = try request("\(line)\n") } catch { throw .connection("a client", "\(error)") }
    for line in received.split(separator: UInt8(ascii: "\n")) {
      guard let event = try? JSONValue(parsing: Array(line)) else { continue }
      switch event["event"]?.string {
      case "ok": return event
      case "error": throw .refused("a client", event["message"]?.string ?? "")
      default: continue
      }
    }
    throw .connection("a client", "there was no answer")
  }

  func pause(milliseconds: Int32) throws(Errno) { try poller.wait(timeoutMilliseconds: milliseconds) { _ in } }
}

/// Four clients that upload files one after the other, and four that download one, without a pause. They use almost no
/// CPU time: the kernel sends uploads from a file of zeros, and discards downloads.
final class TransferLoad {
  struct Count: Sendable {
    var up: UInt64 = 0
    var down: UInt64 = 0

    static func - (later: Count, earlier: Count) -> Count {
      Count(up: later.up - earlier.up, down: later.down - earlier.down)
    }
  }

  private static let clientsEach = 4
  /// The piece that is sent repeatedly. With a large file the kernel would read ahead, for milliseconds in which it
  /// leaves no core free.
  private static let pieceBytes: Int64 = 64 << 10

  private var threads: [BackgroundThread<Void>] = []
  private let count = Shared(Count())
  /// Each thread waits until this is signalled.
  private let mayBegin = Semaphore()

  /// Shares a file of this size, and logs all eight clients in.
  init(_ server: ServerProcess, size: UInt64) throws(BenchError) {
    let zeros = "\(server.folder)/zeros"
    do throws(Errno) {
      try File.open(zeros, [.writeOnly, .create, .exclusive]).truncate(to: TransferLoad.pieceBytes)
    } catch {
      throw .file(zeros, error)
    }
    let target = server.target
    let sharer = try TransferLoad.client(target, "/register sharer correct-horse")
    let shared = try TransferLoad.upload(target, sharer, "zeros", size, zeros) { _ in false }
    _ = try TransferLoad.client(target, "/register fetcher correct-horse")
    let (mayBegin, isReady, count) = (mayBegin, Semaphore(), count)
    for number in 0..<TransferLoad.clientsEach {
      threads.append(
        try BackgroundThread(onlyWhenIdle: true) { (isOver) throws(BenchError) in
          let client = try TransferLoad.client(target, "/login sharer correct-horse", isReady)
          mayBegin.wait()
          while !isOver() {
            let file = try TransferLoad.upload(target, client, "zeros\(number)", size, zeros) { bytes in
              count.value.withLock { $0.up += bytes }
              return isOver()
            }
            if file == 0 { break }
            _ = try client.ask("/unsend \(file)")
          }
        })
      threads.append(
        try BackgroundThread(onlyWhenIdle: true) { (isOver) throws(BenchError) in
          let client = try TransferLoad.client(target, "/login fetcher correct-horse", isReady)
          mayBegin.wait()
          while !isOver() {
            try TransferLoad.download(target, client, shared) { bytes in
              count.value.withLock { $0.down += bytes }
              return isOver()
            }
          }
        })
    }
    for _ in threads { isReady.wait() }
  }

  func begin() { for _ in threads { mayBegin.signal() } }

  /// The bytes moved so far.
  var moved: Count { count.value.withLock { $0 } }

  func stop() throws(BenchError) {
    for thread in threads { thread.askToStop() }
    for thread in threads { try thread.stop() }
    threads = []
  }

  private static func client(
    _ target: Target, _ line: String, _ isReady: Semaphore? = nil
  ) throws(BenchError) -> RequestClient {
    defer { isReady?.signal() }
    let client: RequestClient
    do throws(Errno) {
      client = try RequestClient(target)
    } catch {
      throw .system("connect", error)
    }
    _ = try client.ask("/format json")
    _ = try client.ask(line)
    return client
  }

  /// Returns the id of the file. `moved` gets the bytes; when it returns true the upload ends, and the id is 0.
  private static func upload(
    _ target: Target, _ client: RequestClient, _ name: String, _ size: UInt64, _ zeros: String,
    moved: (UInt64) -> Bool
  ) throws(BenchError) -> Int {
    let offered = try client.ask("/offer \(size) \(cksumOfZeros(count: size)) \(name)")
    guard let file = offered["id"]?.int, let ticket = offered["ticket"]?.string, let offset = offered["offset"]?.int
    else { throw .connection("an upload", "the answer is incomplete") }
    let answer: String
    do throws(Errno) {
      let connection = try RequestClient.connect(target)
      let source = try File.open(zeros)
      _ = try connection.send(Array("/put \(ticket)\n".utf8))
      var sent = UInt64(offset)
      while sent < size {
        let piece = Int(min(UInt64(TransferLoad.pieceBytes), size - sent))
        let more = UInt64(try connection.send(from: source, at: 0, upTo: piece) ?? 0)
        sent += more
        if moved(more) { return 0 }
      }
      try connection.shutdownWrite()
      var received: [UInt8] = []
      while let more = try connection.receive(upTo: 4096), !more.isEmpty { received += more }
      answer = String(decoding: received, as: UTF8.self)
    } catch {
      throw .connection("an upload", "\(error)")
    }
    guard answer.contains("ok put") else { throw .refused("an upload", answer) }
    return file
  }

  /// Ends at the file's end, or when `moved` returns true.
  private static func download(
    _ target: Target, _ client: RequestClient, _ file: Int, moved: (UInt64) -> Bool
  ) throws(BenchError) {
    guard let ticket = try client.ask("/get \(file)")["ticket"]?.string else {
      throw .connection("a download", "the answer has no ticket")
    }
    do throws(Errno) {
      let connection = try RequestClient.connect(target)
      _ = try connection.send(Array("/take \(ticket)\n".utf8))
      while let more = try connection.discard(upTo: 256 << 10), more > 0, !moved(UInt64(more)) {}
    } catch {
      throw .connection("a download", "\(error)")
    }
  }

  /// Zeros do not change the remainder; only their count, which follows them, does.
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
