import ChatCore
import ChatProtocol

/// How many commands a client may send: `commands_per_second` on average, `commands_burst` at once. 0 for either means as many
/// as it likes.
struct CommandRate: Equatable {
  /// nil for no bound.
  let interval_us: Int64?
  /// How long after it was slowed a client surely has earned a command.
  var interval_ms: Int64 { ((interval_us ?? 0) + 999) / 1000 }
  /// How far ahead of the average a client may be.
  let lead_us: Int64

  init(perSecond: Int, burst: Int) {
    guard perSecond > 0, burst > 0 else {
      interval_us = nil
      lead_us = 0
      return
    }
    let interval = max(1, 1_000_000 / Int64(perSecond))
    interval_us = interval
    lead_us = interval * Int64(burst - 1)
  }
}

extension CommandRate {
  /// A minute's at once.
  init(perMinute: Int) {
    interval_us = perMinute > 0 ? max(1, 60_000_000 / Int64(perMinute)) : nil
    lead_us = (interval_us ?? 0) * Int64(max(0, perMinute - 1))
  }
}

/// A bucket of tokens as one number, the time at which the client has earned all commands it sent (known as the generic
/// cell rate algorithm): it may be ahead of that by the burst.
struct Throttle {
  private var earned_us: Int64 = .min / 2
  /// Since when lines wait for a token, with no moment in between at which none did.
  private(set) var slowedSince_us: Int64?

  /// Whether the client may send a command now.
  func allows(_ rate: CommandRate, at now_us: Int64) -> Bool {
    rate.interval_us == nil || earned_us - rate.lead_us <= now_us
  }

  /// Counts a command.
  mutating func take(_ rate: CommandRate, at now_us: Int64) {
    guard let interval = rate.interval_us else { return }
    earned_us = max(earned_us, now_us) + interval
  }

  /// Counts so much at once, and gives the time from which on there may be more.
  mutating func take(_ count: Int64, _ rate: CommandRate, at now_us: Int64) -> Int64 {
    guard let interval = rate.interval_us else { return .min }
    earned_us = max(earned_us, now_us) + interval * min(count, Throttle.count_max)
    return earned_us - rate.lead_us
  }

  /// Nothing counts for more, so that nobody waits for hours.
  private static let count_max: Int64 = 1 << 20

  /// Whether nothing is left of what was counted.
  func isIdle(at now_us: Int64) -> Bool { earned_us <= now_us }

  /// Lines wait for a token.
  mutating func slow(at now_us: Int64) {
    if slowedSince_us == nil { slowedSince_us = now_us }
  }

  /// No line waits.
  mutating func catchUp() { slowedSince_us = nil }

  /// Whether the client was slowed without a pause for so long.
  func isFlood(at now_us: Int64, timeout_ms: Int64) -> Bool {
    slowedSince_us.map { now_us - $0 >= timeout_ms * 1000 } ?? false
  }
}

/// Where connections come from: an address, and what all of them together may do (see `Throttle`).
final class AddressQuota {
  let network: Network
  var connectionCount = 0
  /// Those of its connections that have lines to be decoded.
  var toDecode = DecodeRow()
  /// Connections that it makes.
  var arrivals = Throttle()
  /// What its connections have the server do beyond ordinary commands.
  var work = Throttle()

  init(_ network: Network) { self.network = network }

  /// Whether nothing of it is worth keeping.
  func isForgettable(at now_us: Int64) -> Bool {
    connectionCount == 0 && toDecode.isEmpty && arrivals.isIdle(at: now_us) && work.isIdle(at: now_us)
  }
}

/// The quotas of those who are connected, and of those who were within the last minute.
struct AddressQuotas {
  private var quotas: [Network: AddressQuota] = [:]

  /// Beyond so many of whom none is connected, those who come are counted anew each time: somebody who has that many addresses is not
  /// slowed by counting addresses, and must not fill the memory with them either.
  static let kept_max = Core.rateLimiterKeysMax

  subscript(network: Network) -> AddressQuota? { quotas[network] }

  mutating func quota(for network: Network) -> AddressQuota {
    if let quota = quotas[network] { return quota }
    let quota = AddressQuota(network)
    quotas[network] = quota
    return quota
  }

  /// Once a second.
  mutating func forgetOld(at now_us: Int64) {
    quotas = quotas.filter { !$0.value.isForgettable(at: now_us) }
    if quotas.count > AddressQuotas.kept_max { quotas = quotas.filter { $0.value.connectionCount > 0 } }
  }
}

// Clients that send faster than they may.
extension Server {
  /// Lines may wait and there is no token for them. Whether they do shows when the next token is there.
  func slow(_ connection: Connection) {
    guard connection.framer.bufferedBytes > 0 || connection.inputEnded else {
      connection.throttle.catchUp()
      return
    }
    // Who waits because of others at the same address is no flood.
    if connection.throttle.allows(rate, at: clock.monotonic_us) {
      connection.throttle.catchUp()
    } else {
      connection.throttle.slow(at: clock.monotonic_us)
    }
    guard !connection.isThrottled else { return }
    connection.isThrottled = true
    let wait_ms = rate.interval_us == nil ? Server.slowed_ms : rate.interval_ms
    throttled.append(connection.id, due_ms: clock.monotonic_ms + wait_ms)
  }

  /// After so long it is looked whether a client may go on that its address slows alone.
  private static let slowed_ms: Int64 = 50

  /// Goes on with those who have earned a command, as far as others leave room in the turn, and parts with those who had no pause
  /// for too long.
  func resumeThrottled() {
    while toDecode.count < Server.connectionsPerTurn, let id = throttled.popDue(at: clock.monotonic_ms) {
      guard let connection = connections[id], connection.phase == .open else { continue }
      connection.isThrottled = false
      if connection.throttle.isFlood(at: clock.monotonic_us, timeout_ms: timeouts.flood_ms) {
        scheduleClose(connection, .flood)
      } else {
        decodeLater(connection)
      }
    }
  }

  // MARK: Work

  /// What a command may cost, in microseconds, roughly, to count as one: what an answer of a few KiB does, or a message to two hundred.
  static let ordinaryWork = 256
  /// What a turn may do of what clients ask, and half of it of seeing them off, before the rest waits for the next one.
  static let turnWorkMax = 8000
  /// The same for one connection.
  static let connectionTurnWorkMax = 1000

  /// What the server has done so far for those who asked: what the core had to look at, whom it told how much, what is to be written.
  private var workDone: Int {
    core.work &+ outboxes.toldCount >> 4 &+ outboxes.toldBytes >> 11 &+ producedBytes >> 6
  }

  /// Has a connection and its address pay for what `body` does, where that is more than an ordinary command.
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
    _ = connection.throttle.take(excess / Int64(Server.ordinaryWork), rate, at: clock.monotonic_us)
    // All who made the address's work more than ordinary wait for it in the order in which they did; whoever did not goes on.
    connection.throttledUntil_us = connection.quota.work.take(excess, workRate, at: clock.monotonic_us)
  }

  func mayDecode(_ connection: Connection) -> Bool {
    connection.throttle.allows(rate, at: clock.monotonic_us) && connection.throttledUntil_us <= clock.monotonic_us
  }
}
