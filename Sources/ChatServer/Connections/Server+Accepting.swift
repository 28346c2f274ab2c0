import ChatCore
import ChatProtocol
import POSIX

// Letting clients in.
extension Server {
  /// What one turn accepts at most, so that a flood of connections does not keep the others waiting.
  private static let acceptsPerTurn = 256

  /// What the kernel holds for a client that does not read, beside what is under way: far less than it has place for, so that a
  /// last word finds some.
  private static let unsentBytesMax: Int32 = 256 << 10

  /// With fewer descriptors no server starts: its own files and the first few clients would not have enough.
  static let descriptorsMin = 64

  /// How many clients there may be with so many descriptors. Up to 128 are kept back, for files and the control socket: a quarter of
  /// all, and at least the 48 that a server needs which does a little of everything.
  static func connectionsMax(descriptors: Int) -> Int { descriptors - min(128, max(48, descriptors / 4)) }

  /// Whoever was cut off with many others and is back at once must not meet the name that it had: those who are left in the line
  /// are seen off before the first word of whoever comes now is heard.
  func acceptWaiting() {
    guard hasArrivals, departing.count <= Server.closesPerTurn else { return }
    hasArrivals = false
    guard let listener, listener.resume_ms == nil else { return }
    for _ in 0..<Server.acceptsPerTurn {
      guard connections.count < connectionsMax else {
        pauseAccepting("all \(connectionsMax) connections that the limit on open files allows (ulimit -n) are in use")
        return
      }
      do throws(Errno) {
        guard let accepted = try listener.accept() else { return }
        admit(accepted)
      } catch {
        pauseAccepting("no connection can be accepted: \(error)")
        return
      }
    }
  }

  private func pauseAccepting(_ problem: String) {
    if listener?.pause(at: clock.monotonic_ms, poller) == true {
      log("warning", text: "\(problem); new clients wait until that is over")
    }
  }

  private func admit(_ accepted: consuming AcceptedConnection) {
    let address = accepted.peer.ip
    let descriptor = accepted.descriptor
    if let (ban, told) = core.addressBan(for: address, at: clock.time) {
      reject(descriptor, address, .banned(ban.subject), told)
      return
    }
    if settings.sessions > 0, connections.count >= settings.sessions {
      reject(
        descriptor, address, .full, "The server is full (\(settings.sessions) connections); try again later.")
      return
    }
    let quota = quotas.quota(for: Network(of: address))
    if settings.sessionsPerAddress > 0, quota.connectionCount >= settings.sessionsPerAddress {
      reject(
        descriptor, address, .tooMany(quota.network),
        "Too many connections from your address (\(settings.sessionsPerAddress)); close one first.")
      return
    }
    guard quota.arrivals.allows(arrivalRate, at: clock.monotonic_us) else {
      reject(
        descriptor, address, .tooFast(quota.network),
        "More than \(settings.connectionsPerMinute) connections a minute came from your address; wait a little.")
      return
    }
    quota.arrivals.take(arrivalRate, at: clock.monotonic_us)
    // None of them failing is worth losing a client for.
    try? descriptor.setNoDelay()
    try? descriptor.setUnsentMax(bytes: Server.unsentBytesMax)
    try? descriptor.setKeepAlive(idle_s: 60, interval_s: 20, count: 3)
    let id = connections.nextID()
    let connection = Connection(
      id: id, descriptor: descriptor, address: address, quota: quota, lineBytesMax: settings.lineBytes,
      now_us: clock.monotonic_us)
    connections.insert(connection)
    connection.interest = .readable
    do throws(Errno) {
      try poller.add(
        connection.descriptor.rawValue, token: PollerToken.session(id).token, interest: connection.interest)
    } catch {
      connection.phase = .closed
      connections.remove(connection)
      log("warning", text: "a connection cannot be watched: \(error)")
      return
    }
    outboxes.open(id)
    activity.counts.connections += 1
    startLoginDeadline(of: connection)
    log("connect", [.init("session", "\(id.number)"), .init("address", address)])
    apply(.connected(id, address: address))
  }

  /// One line a minute and reason, however many come.
  func logRejections() {
    for (reason, address, count) in rejections.takeDue(at: clock.monotonic_ms) {
      log("connect-refused", reason.fields(address: address) + [.init("times", "\(count)")])
    }
  }

  /// Says why in one line, and closes.
  private func reject(
    _ descriptor: consuming FileDescriptor, _ address: String, _ cause: RejectedConnections.Reason, _ reason: String
  ) {
    if rejections.note(cause, address, at: clock.monotonic_ms) {
      log("connect-refused", [.init("address", address)] + cause.fields(address: nil))
    }
    var line: [UInt8] = []
    Dialect.text.encode(.closing(reason: reason), at: clock.now, into: &line)
    _ = try? descriptor.send(line)
    try? descriptor.shutdownWrite()
    // What is left unread would make the kernel take the line back.
    _ = readBuffer.receive(from: descriptor) { _ in }
  }

  /// So many deadlines that are over are not worth a look.
  static let deadlinesKept = 1024

  func startLoginDeadline(of connection: Connection) {
    guard settings.loginSeconds > 0 else { return }
    connection.loginDeadline_ms = clock.monotonic_ms + Int64(settings.loginSeconds) * 1000
    loginDeadlines.append(connection.id, due_ms: connection.loginDeadline_ms)
    // Those who came in or went, and whoever did so again and again.
    if loginDeadlines.count > 2 * connections.count + Server.deadlinesKept {
      loginDeadlines.removeAll { id, due_ms in connections[id]?.loginDeadline_ms != due_ms }
    }
  }

  func closeUnauthenticated() {
    while let id = loginDeadlines.popDue(at: clock.monotonic_ms) {
      guard let connection = connections[id], connection.phase == .open,
        connection.loginDeadline_ms <= clock.monotonic_ms
      else { continue }
      scheduleClose(connection, .notIn)
    }
  }
}

/// How often somebody was turned away at the door, by the reason, so that the log says it once a minute however many connect.
struct RejectedConnections {
  enum Reason: Hashable {
    case banned(Restriction.Subject)
    /// The server has all the connections that it may have.
    case full
    /// The address has.
    case tooMany(Network)
    /// The address makes more a minute than it may.
    case tooFast(Network)
    /// All reasons beyond those that are counted one by one.
    case others
  }

  private struct Count {
    var began_ms: Int64
    /// Since the last line of the log.
    var unsaid: Int
    /// The first that was turned away.
    let address: String
  }

  private var counts: [Reason: Count] = [:]

  private static let line_ms: Int64 = 60_000
  /// Somebody who comes from very many addresses fills neither the memory nor the log.
  private static let reasons_max = 256

  /// True for the first one within a minute, which is told at once.
  mutating func note(_ reason: Reason, _ address: String, at now_ms: Int64) -> Bool {
    let reason = counts[reason] == nil && counts.count >= RejectedConnections.reasons_max ? .others : reason
    if counts[reason] == nil {
      counts[reason] = Count(began_ms: now_ms, unsaid: 0, address: address)
      return reason != .others
    }
    counts[reason]!.unsaid += 1
    return false
  }

  /// What the minutes that are over have to tell. Those without anybody are forgotten.
  mutating func takeDue(at now_ms: Int64) -> [(reason: Reason, address: String, count: Int)] {
    var due: [(reason: Reason, address: String, count: Int)] = []
    for (reason, count) in counts where now_ms - count.began_ms >= RejectedConnections.line_ms {
      if count.unsaid > 0 { due.append((reason, count.address, count.unsaid)) }
      counts[reason] = count.unsaid > 0 ? Count(began_ms: now_ms, unsaid: 0, address: count.address) : nil
    }
    return due
  }
}

extension RejectedConnections.Reason {
  /// As it stands in the log; with the address where the reason is the address's.
  func fields(address: String?) -> [LogRecord.Field] {
    let whose: [LogRecord.Field] = address.map { [.init("address", $0)] } ?? []
    return switch self {
    case .banned(let subject): [.init("ban", subject.description)]
    case .full: [.init("bound", "sessions")]
    case .tooMany: whose + [.init("bound", "sessions_per_address")]
    case .tooFast: whose + [.init("bound", "connections_per_minute")]
    case .others: [.init("bound", "others")]
    }
  }
}
