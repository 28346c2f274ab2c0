import POSIX

// Sending messages, and counting deliveries.
extension LoadGenerator {
  /// Bytes of a message's text, mark included.
  private static let payloadBytes = 64
  /// A message that has not arrived after this many nanoseconds is lost.
  private static let lossTimeout: Int64 = 10_000_000_000

  private struct Sender {
    let client: Client
    let deliveries: Int
    let message: [UInt8]
    let lineEnd: [UInt8]
  }

  /// The senders take turns by the schedule, until it ends and every message is delivered or lost.
  /// `eachTurn` gets the nanoseconds since the beginning.
  func run(_ schedule: Schedule, eachTurn: (Int64) throws(BenchError) -> Void = { _ in }) throws(BenchError)
    -> LoadResult
  {
    let senders = clients.filter(\.sends).map { client in
      Sender(
        client: client, deliveries: deliveries(ofMessageFrom: client),
        message: client.wire.message(toRoom: client.room, payloadBytes: LoadGenerator.payloadBytes),
        lineEnd: Array(client.wire.lineEnd.utf8))
    }
    precondition(!senders.isEmpty && senders.allSatisfy { $0.deliveries > 0 }, "a load has senders and recipients")
    result = LoadResult()
    let cpu = target.usage?.cpuNanoseconds
    let start = SystemClock.monotonicNanoseconds
    startNanoseconds = start
    defer { startNanoseconds = nil }

    var next = 0
    var elapsed: Int64 = 0
    var lastDelivery: Int64 = 0
    while true {
      elapsed = SystemClock.monotonicNanoseconds - start
      let isOver = schedule.isOver(elapsed: elapsed, sent: result.sent)
      while !isOver, sendIfDue(schedule, senders[next], elapsed) { next = (next + 1) % senders.count }
      let delivered = result.delivered
      try turn(waitMilliseconds: schedule.waitMilliseconds)
      let now = SystemClock.monotonicNanoseconds - start
      if result.delivered > delivered { lastDelivery = now }
      if isOver && result.lost <= 0 || now - lastDelivery > LoadGenerator.lossTimeout { break }
      try eachTurn(now)
    }
    result.elapsedNanoseconds = lastDelivery
    if let cpu, let after = target.usage?.cpuNanoseconds { result.cpuNanoseconds = after - cpu }
    return result
  }

  /// Whether a message was due, and is sent.
  private func sendIfDue(_ schedule: Schedule, _ sender: Sender, _ elapsed: Int64) -> Bool {
    guard
      schedule.isDue(elapsed: elapsed, sent: result.sent, inFlight: result.lost, each: sender.deliveries)
    else { return false }
    var line = sender.message
    TimestampMark.append(UInt32(truncatingIfNeeded: elapsed / 1000), to: &line)
    line += sender.lineEnd
    send(sender.client, line)
    if case .rate(let rate) = schedule.pace {
      result.lateNanoseconds = max(result.lateNanoseconds, elapsed - Int64(Double(result.sent) / rate * 1e9))
    }
    result.sent += 1
    result.expected += sender.deliveries
    return true
  }

  // MARK: Reading

  /// One read of a client. Returns the number of bytes received.
  func read(_ client: Client) throws(BenchError) -> Int {
    let kept = client.partial.count
    if kept > LoadGenerator.partialBytesMax { throw .connection(client.name, "a line has no end") }
    let wasEstablished = client.connection.isEstablished
    let received = try client.connection.receive(into: buffer, behind: client.partial)
    if client.connection.isEstablished != wasEstablished { try flush(client) }
    guard let received else { return 0 }
    if received == 0 {
      let words = String(decoding: client.partial, as: UTF8.self)
      throw .connection(client.name, words.isEmpty ? "the server closed it" : "the server closed it: \(words)")
    }
    if !client.isHeard {
      client.isHeard = true
      heardCount += 1
    }
    let end = kept + received
    let used = if let startNanoseconds { count(client, end, since: startNanoseconds) } else { try answer(client, end) }
    client.partial.removeAll(keepingCapacity: true)
    if used < end { buffer.append(used..<end, to: &client.partial) }
    return received
  }

  /// Counts the messages in the buffer's first `end` bytes.
  private func count(_ client: Client, _ end: Int, since start: Int64) -> Int {
    // Once for all lines of one read, because reading the clock takes longer than reading a line.
    let now = UInt32(truncatingIfNeeded: (SystemClock.monotonicNanoseconds - start) / 1000)
    var ping: String?
    let used = buffer.withBytes(0..<end) { bytes in
      LoadGenerator.count(bytes, client.wire, now: now, in: &result, &ping)
    }
    if let ping, let pong = WireProtocol.pong(for: ping) { send(client, pong.utf8) }
    return used
  }

  /// Static, so that the result is accessed once and not for each line.
  private static func count(
    _ bytes: RawSpan, _ wire: WireProtocol, now: UInt32, in result: inout LoadResult, _ ping: inout String?
  ) -> Int {
    bytes.forEachLine { line in
      if let sent = wire.mark(in: line) {
        result.delivered += 1
        result.latencies.add(now >= sent ? now - sent : 0)
      } else if wire == .irc {
        if WireProtocol.pong(for: line.text) != nil { ping = line.text }
      }
    }
  }

  /// Answers the lines in the buffer's first `end` bytes.
  private func answer(_ client: Client, _ end: Int) throws(BenchError) -> Int {
    var answers: [WireProtocol.Answer] = []
    let used = buffer.withBytes(0..<end) { bytes in
      bytes.forEachLine { line in
        // A ready client waits for the load: lines about other clients need no answer.
        if client.isReady && client.wire != .irc { return }
        answers.append(client.wire.answer(to: line.text, name: client.name, room: client.room))
      }
    }
    for answer in answers {
      switch answer {
      case .nothing: break
      case .send(let line): send(client, line.utf8)
      case .refused(let words): throw .refused(client.name, words)
      case .ready where !client.isReady:
        client.isReady = true
        readyCount += 1
      case .ready: break
      }
    }
    return used
  }
}
