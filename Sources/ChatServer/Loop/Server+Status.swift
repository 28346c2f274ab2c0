import ChatCore
import ChatProtocol
import ChatStore
import POSIX

// The loop's part of answers to the operator.
extension Server {
  /// Options as they were at the start, bounds as they were last changed.
  var settingsInForce: [ControlSetting] {
    var inForce = options.inForce
    inForce.settings = settings
    return zip(inForce.values, options.standard.values).map { ControlSetting($0.name, $0.value, standard: $1.value) }
  }

  func details(of session: ControlSession, _ id: SessionID) -> ControlSession {
    guard let connection = connections[id] else { return session }
    var session = session
    session.dialect = outboxes.dialect(of: id)
    session.lastActive = clock.timestamp(of: connection.lastActive)
    session.outboxBytes = outboxes.waitingBytes(of: id)
    return session
  }

  func details(of status: CoreStatus) -> ControlStatus {
    ControlStatus(
      version: chatVersion, pid: Int(CurrentProcess.id), started: clock.timestamp(of: started), now: clock.now,
      address: address.description, data: store.folder.path, fsync: store.policy.rawValue,
      sessions: status.sessions, present: status.present, accounts: status.accounts, rooms: status.rooms,
      bans: status.bans, mutes: status.mutes,
      messages: status.messages, memory: UInt64(clamping: (try? CurrentProcess.residentBytes()) ?? 0),
      memoryBound: memoryBound.bytes.map(UInt64.init),
      pendingHashes: passwords.pending, recordingError: status.recordingError,
      faults: fileFaults.map(\.description), rates: activity.rates, queues: queues, files: status.files,
      disk: disk, policy: policy, tls: certificateInForce)
  }

  private var memoryBound: MemoryBound {
    MemoryBound(
      settings, connectionsMax: connectionsMax, speaksTLS: certificates.context != nil, timeouts: timeouts)
  }

  func top(_ status: CoreStatus, _ busiest: [ControlBusyRoom]) -> ControlTop {
    var status = details(of: status)
    status.faults = status.faults.prefix(ControlTop.rowsMax).map { RecentWarnings.truncated($0) }
    return ControlTop(
      status: status, samples: activity.lastMinute, busiestRooms: busiest, slowestSessions: slowestSessions,
      warnings: warnings.all)
  }

  private var queues: ControlQueues {
    let behind = outboxes.sessionsBehind
    return ControlQueues(
      outboxBytes: behind.reduce(0) { $0 + $1.bytes }, sessionsBehind: behind.count, historyRequests: history.pending,
      throttledSessions: throttled.count, heldTurns: held.count)
  }

  /// Without connections that are closing, which the core has forgotten.
  private var slowestSessions: [ControlSession] {
    let sorted = outboxes.sessionsBehind.sorted { ($0.bytes, $1.id.number) > ($1.bytes, $0.id.number) }
    let sessions = sorted.lazy.compactMap { [self] behind in
      core.controlSession(of: behind.id).map { details(of: $0, behind.id) }
    }
    return Array(sessions.prefix(ControlTop.rowsMax))
  }

  private var disk: ControlDisk {
    let files = store.status
    return ControlDisk(
      freeBytes: try? File.freeBytes(ofFileSystemAt: store.folder.path), logBytes: files.logBytes,
      journalBytes: files.journalBytes, journalChanges: files.journalChanges, lastSnapshot: files.lastSnapshot,
      snapshotFaults: files.writeErrors, lastSync: files.lastSync)
  }

  private var policy: ControlPolicy {
    ControlPolicy(
      isRegistrationOpen: settings.registration, allowsGuests: settings.guests,
      isBeyondLoopback: isBeyondLoopback, allowsPlaintext: settings.allowsPlaintext,
      changed: settingsInForce.filter { $0.value != $0.standard })
  }
}

/// Counts messages, deliveries and connections, and samples them once a second.
struct Activity {
  static let samplesMax = 60

  struct Counts {
    var messages = 0
    var deliveries = 0
    var connections = 0
  }

  /// Since the start.
  var counts = Counts()
  /// What they were at the last sample.
  private var sampled = Counts()
  private var sampledAt: Instant
  /// One a second, the oldest first.
  private var samples: [Counts] = []

  init(at now: Instant) { sampledAt = now }

  /// About once a second while there is work. Seconds that were left out count as idle.
  mutating func sample(at now: Instant) {
    let missed = Int(clamping: ((now - sampledAt).microseconds + 500_000) / 1_000_000) - 1
    for _ in 0..<max(0, min(missed, Activity.samplesMax)) { append(Counts()) }
    append(
      Counts(
        messages: counts.messages - sampled.messages, deliveries: counts.deliveries - sampled.deliveries,
        connections: counts.connections - sampled.connections))
    sampled = counts
    sampledAt = now
  }

  private mutating func append(_ sample: Counts) {
    if samples.count == Activity.samplesMax { samples.removeFirst() }
    samples.append(sample)
  }

  var rates: ControlRates {
    ControlRates(
      messages: rate(of: \.messages), deliveries: rate(of: \.deliveries), connections: rate(of: \.connections))
  }

  private func rate(of count: KeyPath<Counts, Int>) -> ControlRate {
    func last(_ seconds: Int) -> Int { samples.suffix(seconds).reduce(0) { $0 + $1[keyPath: count] } }
    return ControlRate(
      total: UInt64(counts[keyPath: count]), lastSecond: last(1), lastTenSeconds: last(10), lastMinute: last(60))
  }

  var lastMinute: ControlSamples {
    ControlSamples(
      messages: samples.map(\.messages), deliveries: samples.map(\.deliveries), connections: samples.map(\.connections))
  }
}

/// The last lines of the log that an operator should know of, for `top`.
struct RecentWarnings {
  private static let textBytesMax = 1024
  /// The log's event for a fault in an edited file.
  static let faultEvent = "fault"
  private static let events: Set = ["warning", faultEvent, "recording-failed", "recording-resumed", "control-closed"]

  /// The newest last.
  private(set) var all: [ControlWarning] = []

  /// Keeps a line of the log if it is one of those.
  mutating func append(_ line: LogRecord, at time: Timestamp) {
    guard case .event(let event, let fields, let text) = line, Self.events.contains(event) else { return }
    if all.count == ControlTop.rowsMax { all.removeFirst() }
    let words = text ?? fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    all.append(ControlWarning(time: time, event: event, text: Self.truncated(words)))
  }

  /// Drops the faults that are corrected by now.
  mutating func removeFaults(except faults: [String]) {
    let left = Set(faults.map { Self.truncated($0) })
    all.removeAll { $0.event == Self.faultEvent && !left.contains($0.text) }
  }

  static func truncated(_ text: String) -> String {
    text.utf8.count <= textBytesMax ? text : String(decoding: text.utf8.prefix(textBytesMax), as: UTF8.self)
  }
}
