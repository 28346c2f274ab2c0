import ChatCore
import ChatProtocol

/// A rate with a burst: `commands_per_second` on average, `commands_burst` at once. 0 for either means no bound.
struct Rate: Equatable {
  /// Between two commands on average, in microseconds; nil for no bound.
  let interval: Int64?
  /// How far a client may be ahead of the average, in microseconds.
  let lead: Int64

  init(perSecond: Int, burst: Int) {
    let isBounded = perSecond > 0 && burst > 0
    interval = isBounded ? max(1, 1_000_000 / Int64(perSecond)) : nil
    lead = (interval ?? 0) * Int64(max(0, burst - 1))
  }

  /// With a burst of one minute.
  init(perMinute: Int) {
    interval = perMinute > 0 ? max(1, 60_000_000 / Int64(perMinute)) : nil
    lead = (interval ?? 0) * Int64(max(0, perMinute - 1))
  }
}

/// A token bucket as one number, the time when all that was counted is earned (generic cell rate algorithm).
struct Throttle {
  private var earned = Instant.distantPast
  /// Since when lines wait for a token without a pause.
  private(set) var throttledSince: Instant?

  /// Nothing counts for more, so that no client waits for hours.
  private static let countMax: Int64 = 1 << 20

  /// Whether one more is allowed now.
  func allows(_ rate: Rate, at now: Instant) -> Bool {
    rate.interval == nil || earned.microseconds - rate.lead <= now.microseconds
  }

  mutating func count(_ rate: Rate, at now: Instant) {
    guard let interval = rate.interval else { return }
    earned = Instant(microseconds: max(earned, now).microseconds + interval)
  }

  /// Counts several at once. Returns when more is allowed.
  mutating func count(_ number: Int64, _ rate: Rate, at now: Instant) -> Instant {
    guard let interval = rate.interval else { return .distantPast }
    earned = Instant(microseconds: max(earned, now).microseconds + interval * min(number, Throttle.countMax))
    return Instant(microseconds: earned.microseconds - rate.lead)
  }

  /// Whether all that was counted is earned.
  func isIdle(at now: Instant) -> Bool { earned <= now }

  /// Lines wait for a token.
  mutating func markThrottled(at now: Instant) {
    if throttledSince == nil { throttledSince = now }
  }

  /// No line waits.
  mutating func markCaughtUp() { throttledSince = nil }

  func isFlood(at now: Instant, after timeout: Duration) -> Bool {
    throttledSince.map { now >= $0 + timeout } ?? false
  }
}

/// What all connections of one address together may do.
final class AddressQuota {
  let network: Network
  var connectionCount = 0
  /// Its connections that have lines to be decoded.
  var toDecode = Queue<Connection>()
  var arrivals = Throttle()
  /// What its connections make the server do beyond ordinary commands.
  var work = Throttle()

  init(_ network: Network) { self.network = network }

  func isForgettable(at now: Instant) -> Bool {
    connectionCount == 0 && toDecode.isEmpty && arrivals.isIdle(at: now) && work.isIdle(at: now)
  }
}

/// The quotas of the addresses that are connected, or were within the last minute.
struct AddressQuotas {
  private var quotas: [Network: AddressQuota] = [:]

  /// Beyond so many, quotas of addresses without a connection are dropped. An attacker with so many addresses is not stopped by
  /// counting them, and must not fill the memory.
  static let retainedMax = Core.rateLimiterKeysMax

  subscript(network: Network) -> AddressQuota? { quotas[network] }

  mutating func quota(for network: Network) -> AddressQuota {
    if let quota = quotas[network] { return quota }
    let quota = AddressQuota(network)
    quotas[network] = quota
    return quota
  }

  /// Once a second.
  mutating func removeExpired(at now: Instant) {
    quotas = quotas.filter { !$0.value.isForgettable(at: now) }
    if quotas.count > AddressQuotas.retainedMax { quotas = quotas.filter { $0.value.connectionCount > 0 } }
  }
}

// Clients that send faster than they may, or whose address asks for more work than it may.
extension Server {
  /// After this long, a connection that only its address holds back is tried again.
  private static let addressRetry = Duration.milliseconds(50)

  /// Lines may wait, and there is no token for them.
  func throttle(_ connection: Connection) {
    guard connection.framer.bufferedBytes > 0 || connection.inputEnded else {
      connection.throttle.markCaughtUp()
      return
    }
    // A connection that waits because of others at its address is no flood.
    if connection.throttle.allows(rate, at: clock.instant) {
      connection.throttle.markCaughtUp()
    } else {
      connection.throttle.markThrottled(at: clock.instant)
    }
    guard !connection.isThrottled else { return }
    connection.isThrottled = true
    throttled.append(connection.id, due: clock.instant + throttleTime)
  }

  private var throttleTime: Duration { rate.interval.map { .microseconds($0) } ?? Server.addressRetry }

  /// Decodes connections that have earned a command, as far as the turn has room, and closes those that flood.
  func resumeThrottled() {
    while toDecode.count < Server.connectionsPerTurn, let id = throttled.popDue(at: clock.instant) {
      guard let connection = connections[id], connection.phase == .open else { continue }
      connection.isThrottled = false
      connection.isReadingPaused = connection.isReadingPaused && connection.throttledUntil > clock.instant
      if connection.isReadingPaused {
        connection.isThrottled = true
        throttled.append(id, due: clock.instant + throttleTime)
        continue
      }
      if connection.throttle.isFlood(at: clock.instant, after: timeouts.flood) {
        scheduleClose(connection, .flood)
      } else {
        enqueueDecode(connection)
      }
    }
  }

  /// Charges the client's address for what its bytes cost before they are lines, and reads no more of it while that is too much.
  func chargeTransport(of connection: Connection) {
    let work = connection.transport.takeWork()
    turnWork &+= work
    guard work > Server.ordinaryWork else { return }
    charge(work, to: connection)
    guard connection.throttledUntil > clock.instant, connection.phase == .open else { return }
    connection.isReadingPaused = true
    if connection.isThrottled { return }
    connection.isThrottled = true
    throttled.append(connection.id, due: clock.instant + throttleTime)
  }

  func mayDecode(_ connection: Connection) -> Bool {
    connection.throttle.allows(rate, at: clock.instant) && connection.throttledUntil <= clock.instant
  }

  // MARK: Work

  /// What an ordinary command may cost, in microseconds, roughly: an answer of a few KiB, or a message to two hundred.
  static let ordinaryWork = 256
  /// What a turn may do for clients, and half of it for closing connections, before the rest waits for the next turn.
  static let turnWorkMax = 8000
  /// The same for one connection.
  static let connectionTurnWorkMax = 1000

  /// What the server has done for clients so far: what the core looked at, what was sent to how many, what is to be written.
  private var workDone: Int {
    core.work &+ outboxes.recipientCount >> 4 &+ outboxes.deliveredBytes >> 11 &+ producedBytes >> 6
  }

  /// Charges a connection and its address for what `body` does beyond an ordinary command.
  @inline(__always)
  func measuringWork(for connection: Connection, _ body: () -> Void) {
    let before = workDone
    body()
    let work = workDone &- before
    turnWork &+= work
    if work > Server.ordinaryWork { charge(work, to: connection) }
  }

  @inline(never)
  func charge(_ work: Int, to connection: Connection) {
    let excess = Int64(work - Server.ordinaryWork)
    guard excess > 0 else { return }
    _ = connection.throttle.count(excess / Int64(Server.ordinaryWork), rate, at: clock.instant)
    // Connections that caused the address's extra work wait for it, in their order. The others continue.
    connection.throttledUntil = connection.quota.work.count(excess, workRate, at: clock.instant)
  }
}
