import POSIX

extension LoadGenerator {
  /// Bytes of a message's text, mark included.
  static let payload_bytes = 64
  /// What has not come after so long is lost.
  private static let patience_ns: Int64 = 10_000_000_000

  /// The senders send by turns as the schedule says, until it is over and all has been delivered or is lost.
  /// `eachTurn` is called once a turn with the nanoseconds since the beginning.
  func run(_ schedule: Schedule, eachTurn: (Int64) throws(BenchError) -> Void = { _ in }) throws(BenchError)
    -> LoadResult
  {
    let senders = clients.filter(\.sends).map { client in
      Sender(
        client: client, deliveries: deliveries(ofMessageFrom: client),
        message: client.wire.message(toRoom: client.room, payload_bytes: LoadGenerator.payload_bytes),
        lineEnd: Array(client.wire.lineEnd.utf8))
    }
    precondition(!senders.isEmpty, "a load has somebody who sends")
    precondition(senders.allSatisfy { $0.deliveries > 0 }, "who sends is heard by somebody")
    outcome = LoadResult()
    let cpu_ns = target.usage?.cpu_ns
    let start_ns = SystemClock.monotonic_ns
    self.start_ns = start_ns
    defer { self.start_ns = nil }

    var next = 0
    var elapsed_ns: Int64 = 0
    var lastDelivery_ns: Int64 = 0
    while true {
      elapsed_ns = SystemClock.monotonic_ns - start_ns
      let isOver = schedule.isOver(elapsed_ns: elapsed_ns, sent: outcome.sent)
      while !isOver, send(schedule, senders[next], elapsed_ns) { next = (next + 1) % senders.count }
      let delivered = outcome.delivered
      try turn(timeout_ms: schedule.timeout_ms)
      let now_ns = SystemClock.monotonic_ns - start_ns
      if outcome.delivered > delivered { lastDelivery_ns = now_ns }
      if isOver && outcome.lost <= 0 || now_ns - lastDelivery_ns > LoadGenerator.patience_ns { break }
      try eachTurn(now_ns)
    }
    outcome.elapsed_ns = lastDelivery_ns
    if let cpu_ns, let after_ns = target.usage?.cpu_ns { outcome.cpu_ns = after_ns - cpu_ns }
    return outcome
  }

  private struct Sender {
    let client: Client
    let deliveries: Int
    let message: [UInt8]
    let lineEnd: [UInt8]
  }

  /// Whether a message was due, and is on its way.
  private func send(_ schedule: Schedule, _ sender: Sender, _ elapsed_ns: Int64) -> Bool {
    guard
      schedule.isDue(
        elapsed_ns: elapsed_ns, sent: outcome.sent, deliveriesUnderWay: outcome.lost,
        deliveriesEach: sender.deliveries)
    else { return false }
    var line = sender.message
    TimestampMark.append(UInt32(truncatingIfNeeded: elapsed_ns / 1000), to: &line)
    line += sender.lineEnd
    say(sender.client, line)
    if case .rate(let rate) = schedule.pace {
      outcome.late_ns = max(outcome.late_ns, elapsed_ns - Int64(Double(outcome.sent) / rate * 1e9))
    }
    outcome.sent += 1
    outcome.expected += sender.deliveries
    return true
  }
}

extension LoadGenerator {
  /// One read of what has come for a client, and what it means. Returns how many bytes came.
  func read(_ client: Client) throws(BenchError) -> Int {
    let kept = client.partial.count
    if kept > LoadGenerator.partialBytesMax { throw .connection(client.name, "a line has no end") }
    let received: Int?
    do throws(Errno) {
      received = try buffer.receive(from: client.descriptor, behind: client.partial)
    } catch {
      throw .connection(client.name, "\(error)")
    }
    guard let received else { return 0 }
    if received == 0 { throw .connection(client.name, lastWords(String(decoding: client.partial, as: UTF8.self))) }

    if !client.isHeard {
      client.isHeard = true
      heardCount += 1
    }
    let end = kept + received
    let used = start_ns == nil ? try converse(client, end) : try count(client, end)
    client.partial.removeAll(keepingCapacity: true)
    if used < end { buffer.append(used..<end, to: &client.partial) }
    return received
  }

  private func lastWords(_ partial: String) -> String {
    partial.isEmpty ? "the server closed it" : "the server closed it: \(partial)"
  }

  /// Counts the messages in the buffer's first `end` bytes.
  private func count(_ client: Client, _ end: Int) throws(BenchError) -> Int {
    // Once for all that came together: a clock that is asked for every line takes longer than the line.
    let now_us = UInt32(truncatingIfNeeded: (SystemClock.monotonic_ns - start_ns!) / 1000)
    var question: String?
    let used = buffer.withBytes(0..<end) { bytes in
      LoadGenerator.count(bytes, client.wire, now_us: now_us, in: &outcome, &question)
    }
    if let question, let pong = WireProtocol.pong(for: question) { say(client, pong.utf8) }
    return used
  }

  /// Static, so that the outcome is the generator's once for all lines and not asked for at each.
  private static func count(
    _ bytes: RawSpan, _ wire: WireProtocol, now_us: UInt32, in outcome: inout LoadResult, _ question: inout String?
  ) -> Int {
    bytes.forEachLine { line in
      if let sent_us = wire.mark(in: line) {
        outcome.delivered += 1
        outcome.latencies.add(now_us >= sent_us ? now_us - sent_us : 0)
      } else if wire == .irc {
        if WireProtocol.pong(for: line.text) != nil { question = line.text }
      }
    }
  }

  /// Answers the lines in the buffer's first `end` bytes.
  private func converse(_ client: Client, _ end: Int) throws(BenchError) -> Int {
    var answers: [WireProtocol.Answer] = []
    let used = buffer.withBytes(0..<end) { bytes in
      bytes.forEachLine { line in
        // Who is in only waits for the load; what it hears of others coming in is no answer to it.
        if client.isReady && client.wire != .irc { return }
        answers.append(client.wire.answer(to: line.text, name: client.name, room: client.room))
      }
    }
    for answer in answers {
      switch answer {
      case .nothing: break
      case .send(let line): say(client, line.utf8)
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
