import POSIX

extension Swarm {
  /// One read of what has come for a client, and what it means. Returns how many bytes came.
  func read(_ client: Client) throws(BenchError) -> Int {
    let kept = client.partial.count
    if kept > Swarm.partialBytesMax { throw .connection(client.name, "a line has no end") }
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
      Swarm.count(bytes, client.wire, now_us: now_us, in: &outcome, &question)
    }
    if let question, let pong = Wire.pong(for: question) { say(client, pong.utf8) }
    return used
  }

  /// Static, so that the outcome is the swarm's once for all lines and not asked for at each.
  private static func count(
    _ bytes: RawSpan, _ wire: Wire, now_us: UInt32, in outcome: inout LoadOutcome, _ question: inout String?
  ) -> Int {
    bytes.forEachLine { line in
      if let sent_us = wire.mark(in: line) {
        outcome.delivered += 1
        outcome.latencies.add(now_us >= sent_us ? now_us - sent_us : 0)
      } else if wire == .irc {
        if Wire.pong(for: line.text) != nil { question = line.text }
      }
    }
  }

  /// Answers the lines in the buffer's first `end` bytes.
  private func converse(_ client: Client, _ end: Int) throws(BenchError) -> Int {
    var answers: [Wire.Answer] = []
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
