import POSIX

extension Swarm {
  /// Bytes of a message's text, mark included.
  static let payload_bytes = 64
  /// What has not come after so long is lost.
  private static let patience_ns: Int64 = 10_000_000_000

  /// The senders send by turns as the schedule says, until it is over and all has been delivered or is lost.
  /// `eachTurn` is called once a turn with the nanoseconds since the beginning.
  func run(_ schedule: Schedule, eachTurn: (Int64) throws(BenchError) -> Void = { _ in }) throws(BenchError)
    -> LoadOutcome
  {
    let senders = clients.filter(\.sends).map { client in
      Sender(
        client: client, deliveries: deliveries(ofMessageFrom: client),
        message: client.wire.message(toRoom: client.room, payload_bytes: Swarm.payload_bytes),
        lineEnd: Array(client.wire.lineEnd.utf8))
    }
    precondition(!senders.isEmpty, "a load has somebody who sends")
    precondition(senders.allSatisfy { $0.deliveries > 0 }, "who sends is heard by somebody")
    outcome = LoadOutcome()
    let cpu_ns = subject.usage?.cpu_ns
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
      try turn(patience_ms: schedule.patience_ms)
      let now_ns = SystemClock.monotonic_ns - start_ns
      if outcome.delivered > delivered { lastDelivery_ns = now_ns }
      if isOver && outcome.lost <= 0 || now_ns - lastDelivery_ns > Swarm.patience_ns { break }
      try eachTurn(now_ns)
    }
    outcome.elapsed_ns = lastDelivery_ns
    if let cpu_ns, let after_ns = subject.usage?.cpu_ns { outcome.cpu_ns = after_ns - cpu_ns }
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
    Mark.append(UInt32(truncatingIfNeeded: elapsed_ns / 1000), to: &line)
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
