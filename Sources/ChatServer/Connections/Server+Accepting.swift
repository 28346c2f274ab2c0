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
    guard hasArrivals, departing.count <= Server.departuresPerTurn else { return }
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
    if let (ban, told) = core.refusal(from: address, at: clock.time) {
      turnAway(descriptor, address, .banned(ban.subject), told)
      return
    }
    if settings.sessions > 0, connections.count >= settings.sessions {
      turnAway(
        descriptor, address, .full, "The server is full (\(settings.sessions) connections); try again later.")
      return
    }
    let origin = origins.origin(Network(of: address))
    if settings.sessionsPerAddress > 0, origin.connectionCount >= settings.sessionsPerAddress {
      turnAway(
        descriptor, address, .tooMany(origin.network),
        "Too many connections from your address (\(settings.sessionsPerAddress)); close one first.")
      return
    }
    guard origin.arrivals.allows(arrivalRate, at: clock.monotonic_us) else {
      turnAway(
        descriptor, address, .tooFast(origin.network),
        "More than \(settings.connectionsPerMinute) connections a minute came from your address; wait a little.")
      return
    }
    origin.arrivals.take(arrivalRate, at: clock.monotonic_us)
    // None of them failing is worth losing a client for.
    try? descriptor.setNoDelay()
    try? descriptor.setUnsentMax(bytes: Server.unsentBytesMax)
    try? descriptor.setKeepAlive(idle_s: 60, interval_s: 20, count: 3)
    let id = connections.nextID()
    let connection = Connection(
      id: id, descriptor: descriptor, address: address, origin: origin, lineBytesMax: settings.lineBytes,
      now_us: clock.monotonic_us)
    connections.insert(connection)
    connection.interest = .readable
    do throws(Errno) {
      try poller.add(
        connection.descriptor.rawValue, token: Registration.session(id).token, interest: connection.interest)
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
  func logTurnedAway() {
    for (reason, address, count) in turnedAway.takeDue(at: clock.monotonic_ms) {
      log("connect-refused", reason.fields(address: address) + [.init("times", "\(count)")])
    }
  }

  /// Says why in one line, and closes.
  private func turnAway(
    _ descriptor: consuming FileDescriptor, _ address: String, _ cause: RejectedConnections.Reason, _ reason: String
  ) {
    if turnedAway.note(cause, address, at: clock.monotonic_ms) {
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
      depart(connection, .notIn)
    }
  }
}
