import ChatCore
import ChatProtocol
import POSIX
import TLS

/// A connection that is no session yet: the server does not know who is at the other end of a proxy, whether the client
/// speaks TLS, or the handshake is not done. The core hears of it once it is a session.
final class Opening {
  /// What the server waits for, in this order. Stages that do not apply are left out.
  enum Stage {
    /// The PROXY header, which a proxy puts before the client's bytes.
    case proxyHeader
    /// The first byte, which tells TLS from plaintext.
    case firstByte
    case handshake(TLSConnection)
  }

  /// The most that OpenSSL holds for one connection: during the handshake, or later with a record in each direction and
  /// one that waits for the kernel.
  static let memoryBytes = 96 << 10

  let number: UInt64
  let definition: ListenerDefinition
  private var socket: FileDescriptor?
  /// Whether it may stay unencrypted. That depends on the other end of this very connection, be it a proxy.
  let allowsPlaintext: Bool
  /// The client's IP address; the proxy's until its header is read.
  private(set) var address: String
  /// What all connections of the client's address may do; nil until that is known.
  private(set) var quota: AddressQuota?
  var stage: Stage
  /// When the client has taken too long for this stage.
  var deadline = Instant.distantFuture
  /// The part of the PROXY header that has come, or what the client sent right behind its handshake.
  var bytes: [UInt8] = []
  /// It is in `OpeningTable.ready`.
  var isReady = false
  /// What is registered at the poller.
  var interest = Interest.readable

  init(
    number: UInt64, _ socket: consuming FileDescriptor, _ definition: ListenerDefinition, address: String,
    allowsPlaintext: Bool, _ stage: Stage
  ) {
    self.number = number
    self.socket = consume socket
    self.definition = definition
    self.address = address
    self.allowsPlaintext = allowsPlaintext
    self.stage = stage
  }

  deinit { quota?.connectionCount -= 1 }

  /// From now on it counts for the client's address.
  func identify(as address: String, _ quota: AddressQuota) {
    precondition(self.quota == nil, "a connection has one address")
    self.address = address
    self.quota = quota
    quota.connectionCount += 1
  }

  func withSocket<Value, Failure: Error>(
    _ body: (borrowing FileDescriptor) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try body(socket!)
  }

  /// The socket, for the session or for a last line. The value is dropped afterwards.
  func takeSocket() -> FileDescriptor { socket.take()! }
}

/// The connections that are no sessions yet.
struct OpeningTable {
  private var openings: [UInt64: Opening] = [:]
  private var nextNumber: UInt64 = 0
  /// Those that have input, oldest first: before the handshake, and in it. Handshakes cost much more, so the others do not wait for
  /// them.
  private var ready = Queue<UInt64>()
  private var readyHandshakes = Queue<UInt64>()
  /// A queue for each time limit, so that each is in order.
  private var deadlines: [Duration: DeadlineQueue<UInt64>] = [:]

  /// Also those whose handshake is to go on in a later turn.
  var hasReady: Bool { !ready.isEmpty || !readyHandshakes.isEmpty }
  var count: Int { openings.count }
  var nextDue: Instant? { deadlines.values.compactMap(\.nextDue).min() }

  subscript(number: UInt64) -> Opening? { openings[number] }

  mutating func makeNumber() -> UInt64 {
    nextNumber += 1
    return nextNumber
  }

  mutating func insert(_ opening: Opening) { openings[opening.number] = opening }

  mutating func remove(_ opening: Opening) { openings[opening.number] = nil }

  mutating func removeAll() { self = OpeningTable() }

  mutating func markReady(_ opening: Opening) {
    guard !opening.isReady else { return }
    opening.isReady = true
    if case .handshake = opening.stage { readyHandshakes.append(opening.number) } else { ready.append(opening.number) }
  }

  /// The next one that has input, whose handshake has not begun.
  mutating func popReady() -> Opening? { pop(\.ready) }

  /// The next one whose handshake can go on.
  mutating func popReadyHandshake() -> Opening? { pop(\.readyHandshakes) }

  private mutating func pop(_ queue: WritableKeyPath<OpeningTable, Queue<UInt64>>) -> Opening? {
    while let number = self[keyPath: queue].popFirst() {
      guard let opening = openings[number] else { continue }
      opening.isReady = false
      return opening
    }
    return nil
  }

  /// The stage that begins now has so much time.
  mutating func setDeadline(of opening: Opening, _ time: Duration, at now: Instant) {
    opening.deadline = now + time
    deadlines[time, default: DeadlineQueue()].append(opening.number, due: opening.deadline)
  }

  /// The next one whose time is over.
  mutating func popDue(at now: Instant) -> Opening? {
    for time in deadlines.keys {
      while let number = deadlines[time]!.popDue(at: now) {
        if let opening = openings[number], opening.deadline <= now { return opening }
      }
    }
    return nil
  }
}

// From a connection that was accepted to a session.
extension Server {
  /// How many handshakes a turn continues at most: each takes half a millisecond, and the others wait for it.
  static let handshakesPerTurn = 2
  /// How many connections a turn looks at that have no handshake yet.
  static let openingsPerTurn = 256
  /// How much longer a connection has whose bytes the server has not looked at in time.
  private static let extraTime = Duration.seconds(1)
  /// What a handshake costs, in the unit of `turnWork`.
  private static let handshakeWork = 500

  func open(_ accepted: consuming AcceptedConnection, _ definition: ListenerDefinition) {
    let address = accepted.peer.ip
    let isProxy = isProxy(address)
    if !isProxy, let (reason, message) = rejection(of: address) {
      reject(Transport(.plain, accepted.descriptor), definition.dialect, address, reason, message)
      return
    }
    accepted.descriptor.configureClient()
    guard isProxy || certificates.context != nil else {
      beginSession(Transport(.plain, accepted.descriptor), address, countArrival(of: address), definition)
      return
    }
    let number = openings.makeNumber()
    let opening = Opening(
      number: number, accepted.descriptor, definition, address: address,
      allowsPlaintext: allowsPlaintext(from: address),
      isProxy ? .proxyHeader : .firstByte)
    do throws(Errno) {
      try opening.withSocket { (socket) throws(Errno) in
        try poller.add(socket.rawValue, token: PollerToken.opening(number).rawValue, interest: opening.interest)
      }
    } catch {
      log("warning", text: "cannot watch a connection: \(error)")
      return
    }
    openings.insert(opening)
    if isProxy {
      openings.setDeadline(of: opening, timeouts.firstBytes, at: clock.instant)
    } else {
      identify(opening, as: address)
    }
  }

  /// The client's address is known, and nothing speaks against it.
  private func identify(_ opening: Opening, as address: String) {
    opening.identify(as: address, countArrival(of: address))
    guard certificates.context != nil else {
      beginSession(opening, .plain)
      return
    }
    opening.stage = .firstByte
    let time = opening.allowsPlaintext ? timeouts.silence : timeouts.firstBytes
    openings.setDeadline(of: opening, time, at: clock.instant)
  }

  private func countArrival(of address: String) -> AddressQuota {
    let quota = quotas.quota(for: Network(of: address))
    quota.arrivals.count(arrivalRate, at: clock.instant)
    return quota
  }

  private func isProxy(_ address: String) -> Bool {
    guard !settings.proxies.isEmpty, let block = AddressBlock(address) else { return false }
    return settings.proxies.contains { $0.contains(block) }
  }

  private func allowsPlaintext(from address: String) -> Bool {
    settings.allowsPlaintext || PeerAddress(ip: address, port: 0).isLoopback
  }

  // MARK: A turn

  func handle(_ event: PollerEvent, ofOpening number: UInt64) {
    guard let opening = openings[number] else { return }
    if event.isWritable, case .handshake(let tls) = opening.stage {
      if !opening.withSocket({ tls.sendWaiting($0) }) {
        end(opening)
        return
      }
      updateInterest(opening, tls)
    }
    if event.isReadable || event.isHangup || event.isError { openings.markReady(opening) }
  }

  /// Continues with what has arrived, a bounded number of connections. The rest stays for the next turn.
  func advanceOpenings() {
    for _ in 0..<Server.openingsPerTurn {
      guard let opening = openings.popReady() else { break }
      read(opening)
    }
    for _ in 0..<Server.handshakesPerTurn {
      guard let opening = openings.popReadyHandshake() else { break }
      turnWork += Server.handshakeWork
      read(opening)
    }
  }

  private func read(_ opening: Opening) {
    switch opening.stage {
    case .proxyHeader: readProxyHeader(of: opening)
    case .firstByte: _ = readFirstByte(of: opening)
    case .handshake(let tls): continueHandshake(of: opening, tls)
    }
  }

  func endLateOpenings() {
    while let opening = openings.popDue(at: clock.instant) {
      // It is not the client that is late if its bytes only wait for their turn.
      if opening.isReady {
        openings.setDeadline(of: opening, Server.extraTime, at: clock.instant)
        continue
      }
      switch opening.stage {
      case .proxyHeader: reject(opening, .noProxyHeader, Server.proxyHeaderNeeded)
      case .firstByte:
        // It may have come, and wait behind many others.
        guard !readFirstByte(of: opening) else { continue }
        if opening.allowsPlaintext {
          beginSession(opening, .plain)
        } else {
          reject(opening, .plaintext, Server.encryptionNeeded)
        }
      case .handshake:
        countRejection(.noHandshake, opening.address)
        end(opening)
      }
    }
  }

  private func end(_ opening: Opening) {
    opening.withSocket { try? poller.remove($0.rawValue) }
    openings.remove(opening)
  }

  // MARK: Stages

  private func readProxyHeader(of opening: Opening) {
    do throws(Errno) {
      let arrived = try opening.withSocket { (socket) throws(Errno) in
        try socket.peek(upTo: ProxyHeader.bytesMax - opening.bytes.count)
      }
      guard let arrived else { return }
      if arrived.isEmpty {
        end(opening)
        return
      }
      let bytes = opening.bytes + arrived
      let progress = ProxyHeader.parse(bytes.span)
      let length = if case .complete(let length, _) = progress { length } else { bytes.count }
      // What lies behind the header stays in the kernel.
      _ = try opening.withSocket { (socket) throws(Errno) in try socket.receive(upTo: length - opening.bytes.count) }
      opening.bytes = bytes
      switch progress {
      case .incomplete: return
      case .invalid: reject(opening, .noProxyHeader, Server.proxyHeaderNeeded)
      case .complete(_, let source):
        opening.bytes = []
        let address = source ?? opening.address
        if let (reason, message) = rejection(of: address) {
          reject(opening, reason, message)
        } else {
          identify(opening, as: address)
        }
      }
    } catch {
      end(opening)
    }
  }

  /// False if it has not come.
  private func readFirstByte(of opening: Opening) -> Bool {
    do throws(Errno) {
      guard let byte = try opening.withSocket({ (socket) throws(Errno) in try socket.peek(upTo: 1) }) else {
        return false
      }
      // A record of the type handshake, RFC 8446 section 5.1. No command begins with that byte.
      if byte == [0x16], let context = certificates.context, let buffers = certificates.buffers {
        guard let tls = try? context.connection(buffers) else {
          end(opening)
          return true
        }
        opening.stage = .handshake(tls)
        openings.setDeadline(of: opening, timeouts.handshake, at: clock.instant)
        openings.markReady(opening)
      } else if byte.isEmpty {
        end(opening)
      } else if opening.allowsPlaintext {
        beginSession(opening, .plain)
      } else {
        reject(opening, .plaintext, Server.encryptionNeeded)
      }
    } catch {
      end(opening)
    }
    return true
  }

  private func continueHandshake(of opening: Opening, _ tls: TLSConnection) {
    let result = opening.withSocket { socket in
      tls.receive(from: socket) { bytes in for index in bytes.indices { opening.bytes.append(bytes[index]) } }
    }
    switch result {
    case .bytes, .nothing:
      if tls.isEstablished {
        beginSession(opening, .tls(tls))
      } else {
        updateInterest(opening, tls)
      }
    case .end where tls.isEstablished: beginSession(opening, .tls(tls))
    case .end, .truncated, .lost:
      countRejection(.noHandshake, opening.address)
      end(opening)
    }
  }

  private func updateInterest(_ opening: Opening, _ tls: TLSConnection) {
    let interest = Interest(readable: true, writable: tls.wantsToSend)
    guard interest != opening.interest else { return }
    opening.interest = interest
    let token = PollerToken.opening(opening.number)
    opening.withSocket { try? poller.modify($0.rawValue, token: token.rawValue, interest: interest) }
  }

  // MARK: Sessions

  private func beginSession(_ opening: Opening, _ layer: consuming Transport.Layer) {
    guard let quota = opening.quota else { preconditionFailure("the client's address is known") }
    opening.withSocket { try? poller.remove($0.rawValue) }
    openings.remove(opening)
    let transport = Transport(layer, opening.takeSocket())
    // A ban that came meanwhile has closed the sessions only.
    if let (ban, message) = core.addressBan(for: opening.address, at: clock.time) {
      reject(transport, opening.definition.dialect, opening.address, .banned(ban.subject), message)
    } else {
      beginSession(transport, opening.address, quota, opening.definition, firstBytes: opening.bytes)
    }
  }

  /// `firstBytes`: what the client has sent already.
  private func beginSession(
    _ transport: consuming Transport, _ address: String, _ quota: AddressQuota, _ definition: ListenerDefinition,
    firstBytes: [UInt8] = []
  ) {
    let id = connections.nextID()
    let connection = Connection(
      id: id, transport: transport, address: address, quota: quota, lineBytesMax: settings.lineBytes,
      now: clock.instant)
    connections.insert(connection)
    connection.interest = connection.transport.interest(reading: true, writing: false)
    do throws(Errno) {
      try connection.transport.register(at: poller, .session(id), connection.interest)
    } catch {
      connection.phase = .closed
      connections.remove(connection)
      log("warning", text: "cannot watch a connection: \(error)")
      return
    }
    outboxes.open(id, definition.dialect)
    activity.counts.connections += 1
    startLoginDeadline(of: connection)
    log("connect", [.init("session", "\(id.number)"), .init("address", address)])
    apply(.connected(id, address: address))
    connection.inputEnded = connection.transport.inputHasEnded
    guard !firstBytes.isEmpty || connection.inputEnded else { return }
    connection.framer.append(firstBytes.span)
    countUnread(connection)
    enqueueDecode(connection)
  }

  // MARK: Rejections

  private static let encryptionNeeded =
    "This server accepts only encrypted connections from other machines: connect with chat, ncat --ssl or openssl s_client."
  private static let proxyHeaderNeeded =
    "Connections from this address must begin with a PROXY header: the server's settings name it as a proxy."

  private func reject(_ opening: Opening, _ reason: Rejections.Reason, _ message: String) {
    end(opening)
    reject(Transport(.plain, opening.takeSocket()), opening.definition.dialect, opening.address, reason, message)
  }

  private func reject(
    _ transport: consuming Transport, _ dialect: Dialect, _ address: String, _ reason: Rejections.Reason,
    _ message: String
  ) {
    countRejection(reason, address)
    var line: [UInt8] = []
    dialect.encode(.closing(reason: message), at: clock.now, into: &line)
    _ = transport.send(line.span)
    transport.endOutput()
    transport.discardInput(readBuffer)
  }

  private func countRejection(_ reason: Rejections.Reason, _ address: String) {
    guard rejections.isFirst(reason, address, at: clock.instant) else { return }
    log("connect-refused", [.init("address", address)] + reason.fields(address: nil))
  }
}

extension FileDescriptor {
  /// What the kernel holds for a client that does not read, beyond what is in flight. Far less than it has room for, so
  /// that a last line finds some.
  private static let unsentBytesMax: Int32 = 256 << 10

  /// Options of a TCP client. A client that lacks one is served all the same.
  fileprivate borrowing func configureClient() {
    try? setNoDelay()
    try? setUnsentMax(bytes: FileDescriptor.unsentBytesMax)
    try? setKeepAlive(idleSeconds: 60, intervalSeconds: 20, count: 3)
  }
}
