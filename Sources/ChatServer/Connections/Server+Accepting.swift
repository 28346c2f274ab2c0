import ChatCore
import ChatProtocol
import POSIX

// Which clients are accepted, and which are rejected with one line.
extension Server {
  /// With fewer descriptors no server starts: its own files and the first few clients would not have enough.
  static let descriptorsMin = 64

  /// How many clients fit into so many descriptors. Up to 128 are reserved for files and the control socket: a quarter, and at
  /// least the 48 that a server needs for a little of everything.
  static func connectionsMax(descriptors: Int) -> Int { descriptors - min(128, max(48, descriptors / 4)) }

  /// Accepts once the departing connections fit into the next turn: a client that reconnects at once then finds its name free.
  func acceptWaiting() {
    guard departing.count <= Server.closesPerTurn else { return }
    for listener in listeners where listener.hasArrivals {
      listener.hasArrivals = false
      if listener.pausedUntil == nil { accept(listener) }
    }
  }

  private func accept(_ listener: Listener) {
    for _ in 0..<listener.definition.acceptsPerTurn {
      guard connections.count + openings.count < connectionsMax else {
        pause(listener, "all \(connectionsMax) connections that the limit on open files allows (ulimit -n) are in use")
        return
      }
      do throws(Errno) {
        guard let accepted = try listener.accept() else { return }
        open(accepted, listener.definition)
      } catch {
        pause(listener, "cannot accept connections: \(error)")
        return
      }
    }
  }

  private func pause(_ listener: Listener, _ problem: String) {
    if listener.pause(at: clock.instant, poller) {
      log("warning", text: "\(problem); new clients wait until that is over")
    }
  }

  // MARK: Rejections

  func rejection(of address: String) -> (Rejections.Reason, String)? {
    if let (ban, message) = core.addressBan(for: address, at: clock.time) { return (.banned(ban.subject), message) }
    if settings.sessions > 0, connections.count + openings.count >= settings.sessions {
      return (.full, "The server is full (\(settings.sessions) connections); try again later.")
    }
    let quota = quotas.quota(for: Network(of: address))
    if settings.sessionsPerAddress > 0, quota.connectionCount >= settings.sessionsPerAddress {
      return (
        .tooMany(quota.network),
        "Too many connections from your address (\(settings.sessionsPerAddress)); close one first."
      )
    }
    if !quota.arrivals.allows(arrivalRate, at: clock.instant) {
      return (
        .tooFast(quota.network),
        "More than \(settings.connectionsPerMinute) connections a minute came from your address; wait a little."
      )
    }
    return nil
  }

  /// One line a minute and reason, however many clients were rejected.
  func logRejections() {
    for (reason, address, count) in rejections.takeDue(at: clock.instant) {
      log("connect-refused", reason.fields(address: address) + [.init("times", "\(count)")])
    }
  }

  // MARK: Login

  /// Void deadlines are dropped once there are so many.
  static let voidDeadlinesMax = 1024

  func startLoginDeadline(of connection: Connection) {
    guard settings.loginSeconds > 0 else { return }
    connection.loginDeadline = clock.instant + .seconds(settings.loginSeconds)
    loginDeadlines.append(connection.id, due: connection.loginDeadline)
    if loginDeadlines.count > 2 * connections.count + Server.voidDeadlinesMax {
      loginDeadlines.removeAll { id, due in connections[id]?.loginDeadline != due }
    }
  }

  func closeUnauthenticated() {
    while let id = loginDeadlines.popDue(at: clock.instant) {
      guard let connection = connections[id], connection.phase == .open, connection.loginDeadline <= clock.instant
      else { continue }
      scheduleClose(connection, .loginTimeout)
    }
  }
}

/// Counts rejected clients by reason, so that the log has one line a minute however many connect.
struct Rejections {
  enum Reason: Hashable {
    case banned(Restriction.Subject)
    /// The server has all the connections that it may have.
    case full
    /// The address has.
    case tooMany(Network)
    /// The address makes more a minute than it may.
    case tooFast(Network)
    /// Not encrypted, from where that is not allowed.
    case plaintext
    /// The TLS handshake failed, or was not done in time.
    case noHandshake
    /// A proxy did not send the client's address.
    case noProxyHeader
    /// All reasons beyond those that are counted one by one.
    case others

    /// Its fields in the log, with the address where it is about one.
    func fields(address: String?) -> [LogRecord.Field] {
      let address: [LogRecord.Field] = address.map { [.init("address", $0)] } ?? []
      return switch self {
      case .banned(let subject): [.init("ban", subject.description)]
      case .full: [.init("bound", "sessions")]
      case .tooMany: address + [.init("bound", "sessions_per_address")]
      case .tooFast: address + [.init("bound", "connections_per_minute")]
      case .plaintext: [.init("reason", "plaintext")]
      case .noHandshake: [.init("reason", "tls-handshake")]
      case .noProxyHeader: [.init("reason", "no-proxy-header")]
      case .others: [.init("bound", "others")]
      }
    }
  }

  private struct Count {
    var began: Instant
    /// Since the last line of the log.
    var unlogged = 0
    /// The first that was rejected.
    let address: String
  }

  private var counts: [Reason: Count] = [:]

  private static let lineInterval = Duration.seconds(60)
  /// An attacker with very many addresses fills neither the memory nor the log.
  private static let reasonsMax = 256

  /// True for the first one within a minute, which is logged at once.
  mutating func isFirst(_ reason: Reason, _ address: String, at now: Instant) -> Bool {
    let reason = counts[reason] == nil && counts.count >= Rejections.reasonsMax ? .others : reason
    if counts[reason] == nil {
      counts[reason] = Count(began: now, address: address)
      return reason != .others
    }
    counts[reason]!.unlogged += 1
    return false
  }

  /// What the minutes that are over counted. Reasons without a rejection are dropped.
  mutating func takeDue(at now: Instant) -> [(reason: Reason, address: String, count: Int)] {
    var due: [(reason: Reason, address: String, count: Int)] = []
    for (reason, count) in counts where now >= count.began + Rejections.lineInterval {
      if count.unlogged > 0 { due.append((reason, count.address, count.unlogged)) }
      counts[reason] = count.unlogged > 0 ? Count(began: now, address: count.address) : nil
    }
    return due
  }
}
