import ChatProtocol

/// Tickets that were given out: each lets one connection transfer one file, once.
struct Tickets: Sendable {
  static let life_ms: Int64 = 60_000
  /// Of one person at the same time; an older one serves no more.
  static let each_max = Core.ticketsEach_max

  private var tickets: [Secret: Ticket] = [:]
  /// By their holders, oldest first.
  private var secrets: [Name: [Secret]] = [:]
  /// In the order in which they were given out, which is that in which they end. Some are used by then.
  private var dues: [(due: SteadyTime, secret: Secret)] = []
  private var firstDue = 0

  var count: Int { tickets.count }

  subscript(secret: Secret) -> Ticket? { tickets[secret] }

  /// Gives the one that had to make room for it.
  mutating func add(_ ticket: Ticket, _ secret: Secret, at now: SteadyTime) -> Ticket? {
    let held = secrets[ticket.holder] ?? []
    let former = held.count < Tickets.each_max ? nil : remove(held[0])
    tickets[secret] = ticket
    secrets[ticket.holder, default: []].append(secret)
    dues.append((now.adding(milliseconds: Tickets.life_ms), secret))
    // Those that were used or pushed out are not worth keeping.
    if dues.count - firstDue > 2 * tickets.count + 1024 {
      dues = dues[firstDue...].filter { tickets[$0.secret] != nil }
      firstDue = 0
    }
    return former
  }

  @discardableResult
  mutating func remove(_ secret: Secret) -> Ticket? {
    guard let ticket = tickets.removeValue(forKey: secret) else { return nil }
    secrets[ticket.holder]?.removeAll { $0 == secret }
    if secrets[ticket.holder]?.isEmpty == true { secrets[ticket.holder] = nil }
    return ticket
  }

  /// One whose time is over, removed; nil where there is none.
  mutating func takeOld(at now: SteadyTime) -> Ticket? {
    while firstDue < dues.count, dues[firstDue].due <= now {
      let secret = dues[firstDue].secret
      firstDue += 1
      if let ticket = remove(secret) { return ticket }
    }
    if firstDue > 0, firstDue >= dues.count - firstDue {
      dues.removeFirst(firstDue)
      firstDue = 0
    }
    return nil
  }
}

extension Core {
  package static let ticketsEach_max = 8
}

/// What a ticket is good for.
struct Ticket: Sendable {
  var direction: Transfer.Direction
  var file: MessageID
  /// A guest is somebody only while present.
  var holder: Name
  var isGuest: Bool
  var offset: UInt64
  var given: SteadyTime

  func isOver(at now: SteadyTime) -> Bool {
    given.adding(milliseconds: Tickets.life_ms) <= now
  }
}

/// A connection that transfers, or is about to.
struct RunningTransfer: Sendable {
  var direction: Transfer.Direction
  var file: MessageID
  var holder: Name
  var isGuest: Bool
  /// Where it is connected from, and since when.
  var address: String
  var connected: SteadyTime
  var offset: UInt64
}
